"""What a citizen reads while a process is stopped, and that nothing is lost by it."""

import time

from tests.portal.visitor import graduate, settled, submit, trader


def told(visitor, words: str, seconds: float = 15) -> bool:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if words in visitor.get(visitor.address).text:
            return True
        time.sleep(0.5)
    return False


def pressed(visitor):
    ticks = {b.get("name"): b.get("value") for b in visitor.all("//main//input[@type='checkbox']")}
    return visitor.press("step=submit", **ticks)


def test_with_the_celery_worker_stopped_the_citizen_is_told_who_is_waited_for(stack, visitor, home):
    stack.stop("worker")
    me = pressed(graduate(visitor(), "graduate", home))
    assert "正在核验" in me.text
    assert told(me, "暂未应答")
    assert "高等教育学历信息库" in me.text and "不会丢失" in me.text
    stack.start("worker")
    assert "已批准" in settled(me, 40).text


def test_with_the_engine_stopped_the_site_answers_and_says_so(stack, visitor, shop):
    stack.stop("engine")
    began = time.monotonic()
    me = pressed(trader(visitor(), "trader", shop, ["F5232"]))
    assert time.monotonic() - began < 10
    assert "正在核验" in me.text
    assert visitor().get("/").status == 200
    assert told(me, "暂时停顿", 40)  # its heartbeat has to run out first
    stack.start("engine")
    assert "已批准" in settled(me, 40).text


def test_with_the_registries_stopped_the_case_goes_to_an_officer_and_is_not_approved(
    stack, visitor, home
):
    stack.stop("registry")
    me = submit(graduate(visitor(), "graduate", home))
    settled(me, 60)
    assert "工作人员办理中" in me.text
    assert "无法核实" in me.text
