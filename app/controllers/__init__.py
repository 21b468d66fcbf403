"""What the actions do: each controller joins views, dialogs and bridge for one kind of work."""
