"""All processes on one machine, with servers of their own.

`servers` runs a real PostgreSQL and a real Redis in the foreground on Unix sockets; `supervise`
restarts processes that end; `stack` knows which processes there are; `run` is `make run`. Nothing
here imports Django: the application is only ever started as child processes.
"""
