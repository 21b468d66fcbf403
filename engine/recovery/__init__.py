"""Another database for a workspace whose own is lost or damaged: from a backup, or from the files.

Both make the new database under another name, reconcile it with the files (`reconcile`), and only then put it in the
old one's place, which is set aside and never removed (`exchange`). Objects' bytes are read, and never moved or changed.
Until the exchange, cancelling or dying changes nothing; the next try begins anew.
"""
