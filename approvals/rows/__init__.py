"""Tables of one concern each; ``approvals.models`` has the spine and names them all."""
