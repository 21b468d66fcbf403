"""Objects: one use case a module, over the commit protocol of `mutations`, `journal` and `settle`."""
