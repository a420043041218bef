"""A policy officer changes a draft: a value from a day on, and a case by both editions."""

from deploy.screenshots.browser import Camera

BEGIN = "/desk/services/draft/begin/"


def pictures(camera: Camera) -> None:
    page = camera.officer("policy")
    page.goto(f"{camera.url}{BEGIN}")
    page.select_option("#service", "old_age_allowance")
    page.locator("form:has(#service) button").click()
    page.locator(".case summary").click()
    page.fill("#as_of", "2027-07-15")
    page.fill("#c-born", "1947-07-16")
    page.locator("#card-f-parameters-eighty details summary").click()
    page.fill("#f-parameters-eighty-\\:on", "2027-01-01")
    page.fill("#f-parameters-eighty-\\:value", "P79Y")
    page.wait_for_selector("#live #outcome-draft.approve")
    page.locator("#card-f-parameters-eighty").scroll_into_view_if_needed()
    camera.shoot(page, "policy/draft")
