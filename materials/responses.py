"""A file as an answer to a browser: as pictures of its pages, or to be saved; never run.

Whatever is in a file, the browser is told to run nothing of it and to ask nobody (sandbox), not to
guess what it is (nosniff), and to save it instead of opening it.
"""

from django.http import Http404, HttpResponse

from bulk.connections import give_back
from materials import isolation, storage
from materials.content import MEDIA_TYPES, Kind
from materials.models import Material
from people.errors import ActionRejected

POLICY = "default-src 'none'; sandbox"


def page(material: Material, number: int) -> HttpResponse:
    """Return a page, counted from 1, as JPEG; raises ``Http404`` where there is none."""
    if not 1 <= number <= material.pages:
        raise Http404
    data = _data(material)
    give_back()  # a page of another is drawn first, perhaps
    try:
        drawn = isolation.preview(data, number)
    except isolation.NoCapacity:
        return HttpResponse(status=503, headers={"Retry-After": "5"})
    if drawn is None:
        raise Http404
    return _safe(HttpResponse(drawn, content_type="image/jpeg"))


def file(material: Material) -> HttpResponse:
    """Return the file as it was handed in, to be saved; named by its kind and hash alone."""
    kind = Kind(material.kind)
    response = HttpResponse(_data(material), content_type=MEDIA_TYPES[kind])
    name = f"{material.sha256[:16]}.{kind.value}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return _safe(response)


def _safe(response: HttpResponse) -> HttpResponse:
    response["Content-Security-Policy"] = POLICY
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _data(material: Material) -> bytes:
    try:
        return storage.read(material.stored, material.sha256)
    except storage.FileUnreadable:
        raise ActionRejected(
            "material_lost",
            "文件无法读取，请联系系统管理人员",
            "The file cannot be read; tell whoever runs the system.",
            status=409,
        ) from None
