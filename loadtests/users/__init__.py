"""Load flows as HTTP requests: one file a flow, `run(session, row, settings)`."""
