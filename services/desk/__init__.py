"""The desk's pages on which policy officers change drafts: parse, call an action, render."""
