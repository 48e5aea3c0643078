"""ComfyUI on a machine of one's own: pictures for nothing but time.

What ComfyUI does is a graph (see graphs.py). A job's id follows from the order, so whatever is lost
(an answer, the socket, this process, the server) the job is looked for first and begun once more
only where no server knows it. The state kept here are shortcuts: a ticket alone is enough.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import ClassVar

from clavilux.interfaces import Capabilities, OnStep, Sold, Step, Ticket
from clavilux.model.errors import WORTH_REPEATING, InputError, ProviderError
from clavilux.model.likeness import AlikeBy
from clavilux.model.money import Price
from clavilux.model.order import Order
from clavilux.model.request import ImageRequest
from clavilux.model.settings import ProviderSettings
from clavilux.providers.comfyui import hosts
from clavilux.providers.comfyui.checking import answering, lacking
from clavilux.providers.comfyui.choosing import Choice
from clavilux.providers.comfyui.failures import InterruptedJobError, OutOfMemoryError, failure
from clavilux.providers.comfyui.graphs import Graph
from clavilux.providers.comfyui.jobs import Job, job_of
from clavilux.providers.comfyui.listening import OnProgress
from clavilux.providers.comfyui.orders import (
    PROMPT_LIMIT,
    check_options,
    filled,
    order_for,
    slots_of,
    usable_options,
)
from clavilux.providers.comfyui.pool import Pool
from clavilux.providers.comfyui.progress import Progress, worked
from clavilux.providers.comfyui.server import JobState, Outage, Server
from clavilux.providers.comfyui.steps import JobSteps

TRIES = 3
"""How often a job is begun once more, because it was lost or memory did not suffice."""

LOOKED_AT = 8
"""Ids of earlier tries that are looked for."""

MOVE_SECONDS, GIVE_UP_SECONDS = 10.0, 60.0
"""How long a server may be away before its job goes to another, and before it is given up."""

KEPT = 8
"""References whose bytes are kept, in case a server loses them."""

CALL_SECONDS = 60.0
"""For one answer: none of the calls waits for a picture."""


class ComfyUI:
    """Pictures from one's own ComfyUI servers."""

    name: ClassVar[str] = "comfyui"

    def __init__(self, said: ProviderSettings | None = None) -> None:
        """Raises InputError where what the user said cannot be used."""
        self._said = said = said or ProviderSettings()
        self._graphs = Choice.of(said.model)
        check_options(self._graphs.optional, said.options)
        secret = said.key.get_secret_value() if said.key else ""
        try:
            headers, self._trouble = hosts.header(secret), ""
        except InputError as error:
            headers, self._trouble = {}, str(error)
        self._urls, self._headers = hosts.addresses(said.base_url), headers
        self.on_progress: OnProgress = lambda _: None
        """Told how jobs go on, with previews, from other threads."""
        self._on_step: OnStep = lambda key, step: None
        seconds = min(said.timeout, CALL_SECONDS)
        self._pool = Pool(
            [Server(u, headers=headers, timeout=seconds, tell=self._tell) for u in self._urls]
        )
        self._outages = {url: Outage() for url in self._urls}
        self._now: dict[str, Job] = {}
        self._tries: dict[str, int] = {}
        self._begun: dict[str, JobSteps] = {}
        self._references: dict[str, bytes] = {}

    @classmethod
    def configured(cls, said: ProviderSettings) -> ComfyUI:
        """With the user's servers and graph. Does not touch the network."""
        return cls(said)

    @property
    def capabilities(self) -> Capabilities:
        ways = self._graphs.ways
        can = self._can(self._graphs.usual)
        return replace(can, references=1, alike_by=ways) if ways else can

    def _can(self, graph: Graph) -> Capabilities:
        refers = graph.takes("reference")
        return Capabilities(
            seed=True,
            negative_prompt=graph.takes("negative"),
            references=int(refers),
            likeness=graph.said.follows if refers else "none",
            prompt_limit=PROMPT_LIMIT,
            concurrency=self._said.concurrency or len(self._urls),
            per_minute=self._said.per_minute,
            paid=False,
        )

    @property
    def models(self) -> tuple[str, ...]:
        """The graph's name; the first picture's, where the style chooses those that follow."""
        return (self._graphs.usual.name,)

    def ready(self) -> str:
        """ "" if it can be asked, or what the user must do first."""
        return self._trouble

    def found(self) -> str:
        """Which servers answer. Raises ProviderError where none does."""
        return answering(self._urls, self._headers)

    def warnings(self) -> tuple[str, ...]:
        """What a user should know before anything is sent."""
        return hosts.warnings(self._urls, with_header=bool(self._headers))

    def order(
        self,
        request: ImageRequest,
        *,
        model: str,
        simplified: bool = False,
        references: tuple[str, ...] = (),
    ) -> Order:
        """What would be sent. The first picture, with none before it, is by a graph of its own."""
        graph = self._graphs.graph_for(request, referring=bool(references))
        return order_for(
            graph,
            request,
            self._can(graph),
            model=self._graphs.model_of(graph, asked=model),
            said=usable_options(graph, self._said.options),
            size=self._said.size,
            simplified=simplified,
            references=references,
        )

    def price(self, order: Order) -> Price:
        """Nothing; `seconds` is a guess until pictures have been made here."""
        return Price(low=0, likely=0, high=0, seconds=self._graph_of(order).said.seconds)

    def lacks(self, way: AlikeBy) -> str:
        """What some server that is there lacks for a way of making pictures alike; "" for nothing.
        Raises ProviderError where none can be asked."""
        graph = self._graphs.by_style.get(way, self._graphs.usual)
        return lacking(graph, self._pool.living(), self._said.options)

    def _graph_of(self, order: Order) -> Graph:
        for graph in self._graphs.all:
            if order.options.get("graph") == f"{graph.name}:{graph.digest}":
                return graph
        raise ProviderError("comfyui: the graph has changed since it was ordered")

    def tell_of(self, on_step: OnStep) -> None:
        """Call this as the servers tell of their jobs; only of those that this process began."""
        self._on_step = on_step

    def submit(self, order: Order, references: tuple[bytes, ...] = ()) -> Ticket:
        """Have a job begun, or find the one that is. Raises ProviderError."""
        graph = self._graph_of(order)
        job = self._found(Job(server="", key=order.key, number=0, output=graph.output, nodes={}))
        server = self._pool.at(job.server)
        if server is not None:  # its answer was lost, or an earlier run had it made
            return self._prepared(server, job, graph, order, references).ticket
        with self._pool.least_busy() as server:
            server.listener.connect()
            job = self._prepared(server, job, graph, order, references)
            self._begin(server, job)
        return job.ticket

    def _prepared(
        self, server: Server, job: Job, graph: Graph, order: Order, references: tuple[bytes, ...]
    ) -> Job:
        """A job for a server, which is given the pictures that it refers to."""
        names = [self._uploaded(server, picture) for picture in references]
        values = {**slots_of(order), **({"reference": names[0]} if names else {})}
        return replace(job, server=server.url, nodes=filled(graph, values)).named()

    def _found(self, job: Job) -> Job:
        """The job of an order that some server is at or has done; else the first try that none
        has failed at, with no server."""
        for _ in range(LOOKED_AT):
            failed = False
            for server in self._pool.living():
                with suppress(ProviderError):
                    state = server.state(job.id)
                    if state.at == "ended" and not state.succeeded:
                        failed = True
                    elif state.at != "nowhere":
                        return job.on(server.url)
            if not failed:
                return job
            job = job.next()
        return job

    def _uploaded(self, server: Server, picture: bytes) -> str:
        name = server.upload(picture)
        self._references[name] = picture
        while len(self._references) > KEPT:
            self._references.pop(next(iter(self._references)))
        return name

    def _begin(self, server: Server, job: Job) -> None:
        self._on_step(job.key, Step(what="in the queue"))
        self._begun[job.id] = JobSteps(job)
        try:
            server.begin(job.nodes, job=job.id, output=job.output)
        except BaseException:
            del self._begun[job.id]
            raise

    def collect(self, ticket: Ticket) -> Sold | None:
        """The picture, None while it is not there. Raises ProviderError: a transient one says
        nothing about the job."""
        first = job_of(ticket)
        job = self._now.get(first.id, first)
        server = self._pool.at(job.server)
        if server is None:  # the user has other servers now
            self._moved(first, job, besides=None)
            return None
        if server.listener.is_at(job.id):
            return None
        try:
            state = server.state(job.id)
            self._answered(server)
            return self._outcome(first, job, server, state)
        except ProviderError as error:
            if error.trouble in WORTH_REPEATING:
                self._unanswered(first, job, server, error)
            raise

    def _outcome(self, first: Job, job: Job, server: Server, state: JobState) -> Sold | None:
        if state.at in ("waiting", "running"):
            return None
        if state.at == "nowhere":  # it was restarted
            self._again(first, job, server, why="lost the job")
        elif not state.succeeded:
            self._failed(first, job, server, state)
        elif (data := server.picture(state.outputs, output=job.output)) is None:
            self._again(first, job.next(), server, why="threw the picture away")
        else:
            self._forget(first, job, server)
            seconds = worked(state.messages)
            took = "" if seconds is None else f"{seconds:.1f} s "
            return Sold(data=data, cost=0, usage=f"{took}by {server.url}", seconds=seconds)
        return None

    def _failed(self, first: Job, job: Job, server: Server, state: JobState) -> None:
        error = failure(state.messages, job.nodes)
        memory = isinstance(error, OutOfMemoryError) and self._tries.get(first.id, 0) == 0
        # Whoever was stopped in an earlier run stopped its job with it; in this run, it is a no.
        stopped = isinstance(error, InterruptedJobError) and job.id not in self._begun
        if not memory and not stopped:
            raise error
        if memory:
            server.unload()
        self._again(first, job.next(), server, why=str(error))

    def _again(self, first: Job, job: Job, server: Server, *, why: str) -> None:
        """Begin a job once more on a server, unless it is there after all."""
        tries = self._tries[first.id] = self._tries.get(first.id, 0) + 1
        if tries > TRIES:
            raise ProviderError(f"comfyui: {server.url} {why} {TRIES} times", trouble="unusable")
        job = job.on(server.url)
        if server.state(job.id).at == "nowhere":
            for name in _uploads(job):
                if name in self._references:
                    server.upload(self._references[name])
            self._begin(server, job)
        self._now[first.id] = job

    def _moved(self, first: Job, job: Job, *, besides: Server | None) -> None:
        with self._pool.least_busy(besides=besides) as server:
            self._again(first, job, server, why="was the last to lose the job")

    def _answered(self, server: Server) -> None:
        self._pool.back(server)
        self._outages[server.url].ended()

    def _unanswered(self, first: Job, job: Job, server: Server, error: ProviderError) -> None:
        """Give a job to another server, or up, where its own stays away."""
        self._pool.lost(server)
        seconds = self._outages[server.url].begun()
        if seconds >= MOVE_SECONDS and len(self._urls) > 1:
            with suppress(ProviderError):
                self._moved(first, job, besides=server)
                return
        if seconds >= GIVE_UP_SECONDS:
            raise ProviderError(
                f"comfyui: {server.url} has not answered for {seconds:.0f} s", trouble="unknown"
            ) from error

    def cancel(self, ticket: Ticket) -> None:
        """Stop a job that nobody waits for any more. Never raises, never stops another."""
        with suppress(ProviderError):
            first = job_of(ticket)
            job = self._now.get(first.id, first)
            server = self._pool.at(job.server)
            if server is not None:
                server.cancel(job.id)

    def close(self) -> None:
        """Stop listening."""
        for server in self._pool.servers:
            server.listener.close()

    def _forget(self, first: Job, job: Job, server: Server) -> None:
        self._now.pop(first.id, None)
        self._tries.pop(first.id, None)
        self._begun.pop(job.id, None)
        server.listener.forget(job.id)

    def _tell(self, progress: Progress) -> None:
        self.on_progress(progress)
        job = self._begun.get(progress.job)
        if job is not None and (step := job.step(progress)) is not None:
            self._on_step(job.key, step)


def _uploads(job: Job) -> list[str]:
    """Names of the pictures that a job's graph loads."""
    found = [(node.get("inputs") or {}).get("image") for node in job.nodes.values()]
    return [name for name in found if isinstance(name, str)]
