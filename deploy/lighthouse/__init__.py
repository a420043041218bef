"""Lighthouse on a slow phone: `make lighthouse`, beside a stack of its own. Node 20, Chromium."""
