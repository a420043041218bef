"""The work that apps have done from time to time, by one of the engines."""

# what the reconciler does for apps that use `approvals`, and how often at most (seconds)
FURTHER_DUTIES = {
    "affairs.duties.drive_messages": 1.0,
    "affairs.duties.note_endings": 600.0,
    "affairs.duties.expire_drafts": 600.0,
    "bundles.duties.follow": 1.0,
    "exchange.oauth.tokens.delete_expired": 300.0,
    "bundles.duties.expire_drafts": 600.0,
    "offers.duties.drive": 5.0,
    "offers.duties.follow": 600.0,
    "approvals.trials.duties.drive": 5.0,
    "credentials.duties.erase": 60.0,
    "services.clauses.duties.follow": 600.0,
    "operations.duties.count": 5.0,
    "materials.duties.expire": 600.0,
    "materials.duties.delete_orphans": 600.0,
}
