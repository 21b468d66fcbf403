"""Who may do what: the context of the caller and the rules that become part of every statement."""
