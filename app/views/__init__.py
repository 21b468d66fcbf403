"""The large surfaces of the window: shell, start page, browser, tree, inspector, status bar."""
