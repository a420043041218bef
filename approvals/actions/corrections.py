"""What a corrected application may change: what its return has opened, and nothing else."""

from typing import Any

from approvals.models import Application
from approvals.records import correction
from approvals.states import State
from people.errors import ActionRejected
from services.rulebook import Rulebook


def require_opened(application: Application, rulebook: Rulebook, corrected: dict[str, Any]) -> None:
    """Raise ``ActionRejected`` (422) naming each part that was not opened and differs."""
    if application.state != State.RETURNED:
        return  # the edge says what is wrong
    opened = correction.opened(application)
    closed = list(correction.changed(application.answers, corrected, opened))
    if not closed:
        return
    titles = {part.pointer: part for part in correction.parts(rulebook.form)}
    refused = ActionRejected(
        "field_not_opened",
        "只能修改退回时列明可修改的内容，其他内容须保持不变",
        "Only what the return opened may be changed; everything else stays as it was.",
        status=422,
    )
    for pointer in closed:
        title = titles.get(pointer, correction.Part(pointer, pointer, pointer))
        refused.faults.append(
            {
                "pointer": "/answers" + pointer,
                "zh": f"“{title.zh}”未列入可修改内容，须与原填报一致",
                "en": f'"{title.en}" was not opened for correction; it stays as it was',
            }
        )
    raise refused
