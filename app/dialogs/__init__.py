"""Questions and forms. Dialogs are opened, never executed: the event loop stays the program's own."""
