"""The whole house on one machine, with servers of its own.

`servers` runs a real PostgreSQL and a real Redis in the foreground on Unix sockets;
`supervise` keeps processes alive; `stack` knows which processes there are; `run` is
`make run`. Nothing here imports Django: the house is only ever started as child processes.
"""
