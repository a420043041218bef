"""What the OpenAPI document says of itself; ``config.openapi_document`` completes it."""

DESCRIPTION = """\
For the programs of other agencies: apply for people, read how far it is, verify what was decided,
take and send webhooks. `docs/api.md` leads from a token to a verified decision in five minutes.
Whatever is wrong is a problem document (RFC 9457) in Chinese and English."""

SETTINGS = {
    "TITLE": "miaopi API",
    "VERSION": "1",
    "DESCRIPTION": DESCRIPTION,
    "LICENSE": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,  # the values say it
    # without its own: enumerations stay where they are, so that no name of one depends on others
    "POSTPROCESSING_HOOKS": ["config.openapi_document.complete"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},  # else it asks swagger.io
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}
