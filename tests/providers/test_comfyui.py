"""The client against a fake server: pictures, lost answers, restarts, several servers, troubles."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from clavilux.interfaces import Progressing, SelfHosted, Sold, Step, Ticket
from clavilux.model.errors import InputError, ProviderError
from clavilux.providers.comfyui import ComfyUI, hosts, seller
from clavilux.providers.comfyui.failures import of_status
from clavilux.providers.comfyui.graphs import shipped
from clavilux.providers.comfyui.jobs import job_id
from clavilux.providers.comfyui.progress import Progress
from clavilux.providers.web import Reply
from clavilux.testing import check_seller
from providers.fakes.comfyui import FakeComfyUI
from providers.shopping import STYLE, order_of, request, settings, trouble_of

HEADER = "Authorization: Bearer kQ7f3secretletters9Zx"


@pytest.fixture
def fake() -> Iterator[FakeComfyUI]:
    with FakeComfyUI() as server:
        yield server


def comfy(*fakes: FakeComfyUI, key: str | None = None, **said: Any) -> ComfyUI:
    return ComfyUI(settings(key=key, base_url=",".join(f.url for f in fakes), **said))


def wait_for(done: Callable[[], Any], *, seconds: float = 4.0) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := done():
            return found
        time.sleep(0.01)
    raise AssertionError("it did not come to pass")


def had(client: ComfyUI, ticket: Ticket) -> Sold:
    """What becomes of a ticket, asked for through passing troubles."""

    def once() -> Sold | None:
        try:
            return client.collect(ticket)
        except ProviderError as error:
            if error.trouble != "transient":
                raise
            assert error.billed == "no"
            return None

    return wait_for(once)


def fails(client: ComfyUI, ticket: Ticket) -> ProviderError:
    return trouble_of(lambda: had(client, ticket), key=HEADER)


def test_a_picture_is_made_with_news_on_the_way(fake: FakeComfyUI) -> None:
    client, news = comfy(fake), list[Progress]()
    client.on_progress = news.append
    order = order_of(client)
    fake.seconds = 0.05
    ticket = client.submit(order)
    sold = had(client, ticket)
    assert sold.data.startswith(b"\x89PNG") and sold.cost == 0 and fake.url in sold.usage
    (ran,) = fake.ran
    assert ran.id == job_id(order.key, 0)
    assert ran.nodes["2"]["inputs"]["text"] == "a calm sea"
    assert (
        ran.nodes["5"]["inputs"] | {"seed": 1, "steps": 30, "cfg": 7.5} == ran.nodes["5"]["inputs"]
    )
    wait_for(lambda: news and news[-1].ended)
    assert {n.job for n in news} == {ran.id}
    assert [n.done for n in news if n.node == "5" and n.done] == [0.25, 0.5, 0.75, 1.0]
    assert any(n.preview and n.preview.startswith(b"\xff\xd8") for n in news)
    assert client.price(order).high == 0 and not client.capabilities.paid


def test_steps_are_told_under_the_orders_key(fake: FakeComfyUI) -> None:
    client, told = comfy(fake), list[tuple[str, Step]]()
    client.tell_of(lambda key, step: told.append((key, step)))
    assert isinstance(client, Progressing)
    fake.seconds = 0.2
    order = order_of(client)
    sold = had(client, client.submit(order))
    assert {key for key, _ in told} == {order.key}
    steps = [step for _, step in told]
    assert steps[0] == Step(what="in the queue")
    assert Step(what="Sampler", done=3, total=4, share=7 / 37) in steps  # of 7 nodes, 30 steps
    assert [s.share for s in steps] == sorted(s.share for s in steps)
    assert sold.seconds is not None and sold.seconds > 0.15
    assert sold.usage == f"{sold.seconds:.1f} s by {fake.url}"


def test_a_job_that_waits_for_others_is_not_charged_for_it(fake: FakeComfyUI) -> None:
    client = comfy(fake, concurrency=2)
    fake.seconds = 0.3
    began = time.monotonic()
    tickets = [
        client.submit(order_of(client, wanted=request(prompt=words))) for words in ("a", "b")
    ]
    took = [had(client, ticket).seconds or 0 for ticket in tickets]
    assert min(took) > 0.25 and sum(took) < time.monotonic() - began


def test_it_tells_which_servers_answer(fake: FakeComfyUI) -> None:
    client = comfy(fake)
    assert isinstance(client, SelfHosted)
    assert client.found() == f"{fake.url} (ComfyUI 0.3.64, cuda:0 Fake A100, 80 GB)"
    with FakeComfyUI(header=("Authorization", HEADER.partition(": ")[2])) as other:
        assert f"; {other.url} does not answer (" in comfy(fake, other).found()
        assert other.url in comfy(other, key=HEADER).found()
        locked = trouble_of(comfy(other).found)
        assert other.url in str(locked) and locked.billed == "no"
    gone = trouble_of(comfy(other, key=HEADER).found, key=HEADER)
    assert f"{other.url} does not answer" in str(gone)


def test_a_lost_answer_is_looked_for_before_the_job_is_begun_again(fake: FakeComfyUI) -> None:
    client = comfy(fake)
    order = order_of(client)
    fake.billable = "POST"
    fake.script("drop_after")
    error = trouble_of(lambda: client.submit(order))
    assert (error.trouble, error.billed) == ("transient", "no")
    had(client, client.submit(order))
    had(comfy(fake), comfy(fake).submit(order))  # nor is one that is done
    assert len(fake.ran) == 1


def test_a_job_that_failed_is_tried_under_another_id(fake: FakeComfyUI) -> None:
    client = comfy(fake)
    order = order_of(client)
    fake.script("error")
    assert fails(client, client.submit(order)).trouble == "unusable"
    had(client, client.submit(order))
    assert [job.id for job in fake.ran] == [job_id(order.key, 0), job_id(order.key, 1)]


def test_pictures_come_without_the_socket(fake: FakeComfyUI) -> None:
    fake.deaf = True
    client = comfy(fake)
    had(client, client.submit(order_of(client)))
    fake.deaf = False
    client = comfy(fake)
    fake.hold.set()
    ticket = client.submit(order_of(client, wanted=request(shared_seed=2)))
    listener = client._pool.servers[0].listener
    wait_for(lambda: listener.is_at(json.loads(ticket.id)["key"]) or listener.connected)
    fake.drop_sockets()
    wait_for(lambda: not listener.connected)
    fake.hold.clear()
    had(client, ticket)
    assert len(fake.ran) == 2


@pytest.mark.parametrize("other_process", [False, True])
def test_a_restarted_server_is_given_the_job_again(fake: FakeComfyUI, other_process: bool) -> None:
    client = comfy(fake)
    fake.hold.set()
    ticket = client.submit(order_of(client))
    wait_for(lambda: fake.running)
    fake.kill()
    fake.hold.clear()
    wait_for(lambda: not client._pool.servers[0].listener.connected)
    assert trouble_of(lambda: client.collect(ticket)).trouble == "transient"
    fake.revive()
    had(comfy(fake) if other_process else client, ticket)
    assert len(fake.ran) == 1


def test_a_job_that_is_under_way_is_not_begun_again(fake: FakeComfyUI) -> None:
    client = comfy(fake)
    fake.hold.set()
    ticket = client.submit(order_of(client))
    later = comfy(fake)
    for _ in range(5):
        assert later.collect(Ticket(id=ticket.id)) is None
    fake.hold.clear()
    had(later, ticket)
    assert len(fake.ran) == 1 and len([c for c in fake.calls if c.path == "/prompt"
                                       and c.method == "POST"]) == 1  # fmt: skip


def test_a_picture_that_was_thrown_away_is_made_again(fake: FakeComfyUI) -> None:
    client = comfy(fake)
    ticket = client.submit(order_of(client))
    wait_for(lambda: fake.ran)
    fake.images.clear()
    had(client, ticket)
    first, second = fake.ran
    assert first.nodes["7"]["inputs"] != second.nodes["7"]["inputs"]  # saved under another name


def test_a_server_that_always_loses_the_job_is_given_up(fake: FakeComfyUI) -> None:
    client = comfy(fake)
    fake.hold.set()
    ticket = client.submit(order_of(client))

    def once() -> None:
        fake.restart()
        client._pool.servers[0].listener.forget(json.loads(ticket.id)["key"])
        with pytest.raises(ProviderError) as caught:
            for _ in range(20):
                try:
                    client.collect(ticket)
                except ProviderError as error:
                    if error.trouble != "transient":
                        raise
                fake.restart()
        assert "lost the job 3 times" in str(caught.value)

    once()


def test_references_are_uploaded_once_under_their_digest(fake: FakeComfyUI) -> None:
    client = comfy(fake, model="sdxl_control_canny")
    order = order_of(client, STYLE)
    assert order.references and order.options["strength"] == 0.6
    fake.hold.set()
    ticket = client.submit(order, (STYLE,))
    (name,) = fake.uploads
    assert fake.uploads[name] == STYLE and name.startswith("clavilux/")
    wait_for(lambda: fake.running)
    fake.uploads.clear()  # the restarted server has another disk
    fake.restart()
    fake.hold.clear()
    had(client, ticket)
    assert set(fake.uploads) == {name}
    assert fake.ran[0].nodes["8"]["inputs"]["image"] == name


def test_the_first_picture_needs_no_other(fake: FakeComfyUI) -> None:
    client = comfy(fake, model="sdxl_img2img")
    order = order_of(client)
    assert order.model == "sdxl_img2img" and str(order.options["graph"]).startswith("sdxl:")
    had(client, client.submit(order))
    assert not fake.uploads


def test_cancelling_stops_ours_and_nobody_elses(fake: FakeComfyUI) -> None:
    client = comfy(fake)
    fake.hold.set()
    running = client.submit(order_of(client))
    wait_for(lambda: fake.running)
    waiting = client.submit(order_of(client, wanted=request(shared_seed=2)))
    theirs = fake.queue_of_another(2)
    client.cancel(waiting)
    assert [job.id for job in fake.queue] == theirs and fake.running
    stopped = fake.running
    client.cancel(running)
    wait_for(lambda: fake.ran)
    assert fake.ran == [stopped] and stopped.stop.is_set()
    assert "stopped on the server" in str(fails(client, running))


def test_a_job_that_runs_for_another_is_not_interrupted(fake: FakeComfyUI) -> None:
    client, other = comfy(fake), comfy(fake)
    fake.hold.set()
    other.submit(order_of(other))
    theirs = wait_for(lambda: fake.running)
    client.cancel(client.submit(order_of(client, wanted=request(shared_seed=2))))
    assert not theirs.stop.is_set() and fake.running is theirs and not fake.queue
    assert not [c for c in fake.calls if c.path == "/interrupt"]


def test_what_was_cancelled_in_an_earlier_run_is_made_in_this(fake: FakeComfyUI) -> None:
    client = comfy(fake)
    fake.hold.set()
    ticket = client.submit(order_of(client))
    wait_for(lambda: fake.running)
    client.cancel(ticket)
    wait_for(lambda: fake.ran)
    fake.hold.clear()
    had(comfy(fake), ticket)
    assert len(fake.ran) == 2


@pytest.mark.parametrize(
    ("fault", "trouble", "words"),
    [
        ("error", "unusable", "KSampler 'Sampler' (node 5): mat1 and mat2 shapes"),
        ("server_error", "transient", "HTTP 500"),
        ("bad_gateway", "transient", "HTTP 502"),
        ("overloaded", "transient", "HTTP 503"),
        ("forbidden", "authentication", "CLAVILUX_COMFYUI_HEADER"),
        ("drop_before", "transient", "no answer"),
        ("garbage", "transient", "not JSON"),
        ("html", "transient", "not JSON"),
        ("partly", "bad_request", "KSampler 'Sampler' (node 5): Value is too big"),
    ],
)
def test_troubles_are_classed(fake: FakeComfyUI, fault: str, trouble: str, words: str) -> None:
    client = comfy(fake)
    fake.script(fault)
    error = trouble_of(lambda: had(client, client.submit(order_of(client))))
    assert (error.trouble, error.billed) == (trouble, "no") and words in str(error)


def test_a_job_whose_picture_was_left_out_is_taken_back(fake: FakeComfyUI) -> None:
    client = comfy(fake)
    fake.hold.set()
    fake.script("partly")
    trouble_of(lambda: client.submit(order_of(client)))
    wait_for(lambda: fake.running is None and not fake.queue)


def test_memory_is_given_back_before_a_second_try(fake: FakeComfyUI) -> None:
    client = comfy(fake)
    fake.script("oom")
    had(client, client.submit(order_of(client)))
    assert fake.freed == 1 and len(fake.ran) == 2


def test_too_little_memory_is_said_with_the_nodes_name(fake: FakeComfyUI) -> None:
    client = comfy(fake)
    ticket = None
    fake.script("oom", None, "oom")  # the middle one is the call to give memory back
    ticket = client.submit(order_of(client))
    error = fails(client, ticket)
    assert error.trouble == "quota" and "KSampler 'Sampler' (node 5)" in str(error)
    assert "size =" in str(error) and len(fake.ran) == 2


def test_missing_model_files_and_classes_are_named(fake: FakeComfyUI) -> None:
    if not fake._info():
        pytest.skip("the node list is not here")
    fake.files["ckpt_name"] = ["juggernaut.safetensors", "animagine.safetensors"]
    client = comfy(fake)
    error = trouble_of(lambda: client.submit(order_of(client)))
    assert error.trouble == "model_gone"
    assert "sd_xl_base_1.0.safetensors (it has juggernaut.safetensors, animagine" in str(error)
    ours = comfy(fake, options={"checkpoint": "juggernaut.safetensors", "steps": 12})
    had(ours, ours.submit(order_of(ours)))
    assert fake.ran[0].nodes["5"]["inputs"]["steps"] == 12
    wrong = comfy(fake, options={"checkpoint": "juggernaut.safetensors", "steps": 0})
    error = trouble_of(lambda: wrong.submit(order_of(wrong)))
    assert error.trouble == "bad_request" and "KSampler 'Sampler' (node 5)" in str(error)


def test_missing_node_classes_are_named(fake: FakeComfyUI, tmp_path: Any) -> None:
    if not fake._info():
        pytest.skip("the node list is not here")
    nodes = {
        "1": {"class_type": "IPAdapter", "inputs": {"text": "", "seed": 1},
              "_meta": {"title": "clavilux:prompt,seed"}},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": ""}},
    }  # fmt: skip
    (tmp_path / "mine.json").write_text(json.dumps(nodes))
    client = comfy(fake, model=str(tmp_path / "mine.json"))
    error = trouble_of(lambda: client.submit(order_of(client)))
    assert error.trouble == "model_gone" and "the node class IPAdapter" in str(error)


# --- Several servers -------------------------------------------------------------------------


def test_the_least_busy_server_is_asked() -> None:
    with FakeComfyUI() as busy, FakeComfyUI() as idle:
        busy.queue_of_another(3)
        client = comfy(busy, idle)
        assert client.capabilities.concurrency == 2
        had(client, client.submit(order_of(client)))
        assert (len(busy.ran), len(idle.ran)) == (0, 1)


def test_orders_at_once_are_spread() -> None:
    with FakeComfyUI() as one, FakeComfyUI() as two:
        client = comfy(one, two)
        one.hold.set()
        two.hold.set()
        orders = [order_of(client, wanted=request(shared_seed=n)) for n in range(1, 5)]
        threads = [threading.Thread(target=client.submit, args=(order,)) for order in orders]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(4)
        waiting = [len(f.queue) + (f.running is not None) for f in (one, two)]
        assert waiting == [2, 2]


def test_a_dead_server_leaves_and_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clavilux.providers.comfyui.pool.REST_SECONDS", 0.1)
    with FakeComfyUI() as one, FakeComfyUI() as two:
        client = comfy(one, two)
        one.kill()
        for n in (1, 2):
            had(client, client.submit(order_of(client, wanted=request(shared_seed=n))))
        assert len(two.ran) == 2
        two.queue_of_another(2)
        one.revive()
        time.sleep(0.12)
        had(client, client.submit(order_of(client, wanted=request(shared_seed=3))))
        assert len(one.ran) == 1


def test_a_dead_servers_job_goes_to_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seller, "MOVE_SECONDS", 0.05)
    with FakeComfyUI() as one, FakeComfyUI() as two:
        client = comfy(one, two)
        one.hold.set()
        ticket = client.submit(order_of(client))
        wait_for(lambda: one.running)
        one.kill()
        had(client, ticket)
        assert len(two.ran) == 1


def test_a_server_that_stays_away_is_given_up(
    fake: FakeComfyUI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seller, "GIVE_UP_SECONDS", 0.05)
    client = comfy(fake)
    fake.hold.set()
    ticket = client.submit(order_of(client))
    fake.kill()
    error = fails(client, ticket)
    assert (error.trouble, error.billed) == ("unknown", "no") and "not answered" in str(error)


def test_a_job_of_a_server_that_is_no_more_ours_is_begun_on_one_that_is() -> None:
    with FakeComfyUI() as old, FakeComfyUI() as new:
        old.hold.set()
        client = comfy(old)
        ticket = client.submit(order_of(client))
        had(comfy(new), ticket)
        assert len(new.ran) == 1


# --- Whom it talks to ------------------------------------------------------------------------


def test_the_header_goes_along_and_is_never_shown() -> None:
    name, value = HEADER.split(": ")
    with FakeComfyUI(header=(name, value)) as fake:
        client = comfy(fake, key=HEADER)
        order = order_of(client)
        ticket = client.submit(order)
        assert client._pool.servers[0].listener.connected  # the socket is let in, too
        had(client, ticket)
        shown = f"{client!r} {order!r} {ticket.id} {client.__dict__['_said']!r}"
        assert value not in shown and "kQ7f3" not in shown
        error = trouble_of(lambda: comfy(fake, key="X-Wrong: 1").submit(order))
        assert error.trouble == "authentication"


@pytest.mark.parametrize(
    "said", ["X-Token:", ": x", "A b: c", "A: b\nC: d", "A: \u00e9", "se\ncret"]
)
def test_a_header_that_is_none_is_asked_for_without_showing_it(said: str) -> None:
    trouble = comfy(key=said).ready()
    assert "CLAVILUX_COMFYUI_HEADER" in trouble and said not in trouble


@pytest.mark.parametrize(
    ("url", "open_to_all"),
    [
        ("", False), ("http://127.0.0.1:8188", False), ("http://localhost:1", False),
        ("http://[::1]:8188", False), ("https://comfy.example", False),
        ("http://192.168.1.5:8188", True), ("http://localhost.example", True),
        ("http://127.0.0.1:8188, http://10.0.0.2:8188", True),
    ],
)  # fmt: skip
def test_plain_http_to_another_machine_is_warned_of(url: str, open_to_all: bool) -> None:
    for key in (None, HEADER):
        warnings = ComfyUI(settings(base_url=url, key=key)).warnings()
        assert bool(warnings) == open_to_all and HEADER not in str(warnings)
        if warnings:
            assert warnings[0].startswith("WARNING") and ("password" in warnings[0]) == bool(key)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"model": "sdxx"}, "there is no graph 'sdxx'"),
        ({"model": "nowhere/mine.json"}, "cannot read"),
        ({"options": {"stpes": 3}}, "stpes: none of the styles' graphs has such slot; known: cfg"),
        ({"model": "sdxl", "options": {"stpes": 3}}, "stpes: the graph sdxl has no such slot"),
        ({"options": {"steps": "many"}}, "steps must be of the kind of 30"),
        ({"base_url": "127.0.0.1:8188"}, "base_url"),
    ],
)
def test_settings_that_cannot_be_used_are_named(said: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as caught:
        ComfyUI(settings(**said))
    assert words in str(caught.value)


@pytest.mark.parametrize("id", ["", "[]", "7", "{}", "not json", '{"server": 7}'])
def test_a_ticket_that_cannot_be_read_is_an_error(fake: FakeComfyUI, id: str) -> None:
    assert trouble_of(lambda: comfy(fake).collect(Ticket(id=id))).trouble == "unusable"
    comfy(fake).cancel(Ticket(id=id))
    assert fake.calls == []


def test_a_server_that_is_not_there_is_named_with_what_to_do() -> None:
    with FakeComfyUI() as gone:
        client = comfy(gone)
    error = trouble_of(lambda: client.submit(order_of(client)))
    place = gone.url.removeprefix("http://")
    assert str(error).startswith(f"comfyui: cannot reach {place}: ")
    assert "set base_url" in str(error) and (error.trouble, error.billed) == ("transient", "no")


@pytest.mark.parametrize(
    ("status", "trouble", "hint"),
    [(404, "verification", True), (302, "verification", True), (413, "bad_request", False)],
)
def test_what_is_no_comfyui_is_not_asked_again(status: int, trouble: str, hint: bool) -> None:
    error = of_status(Reply(status, {}, b"<html>"))
    assert error.trouble == trouble and ("is base_url" in str(error)) == hint


def test_a_token_alone_is_a_bearer_token() -> None:
    assert hosts.header(" abc ") == {"Authorization": "Bearer abc"}
    assert hosts.header("Bearer abc") == hosts.header("abc")
    assert hosts.header("Basic abc=") == {"Authorization": "Basic abc="}
    assert hosts.header("X-Key: a:b") == {"X-Key": "a:b"} and hosts.header("") == {}


@pytest.mark.parametrize("graph", shipped())
def test_it_keeps_the_interface(graph: str) -> None:
    check_seller(ComfyUI, settings(model=graph))
