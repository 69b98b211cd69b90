"""What is counted, for `/metrics`; the names are part of the interface to operators."""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)


class Metrics:
    """One registry per application, so that several can live in one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.events = Counter(
            "golive_events",
            "Pushes received, by platform and what became of them.",
            ("platform", "outcome"),
            registry=self.registry,
        )
        self.refused = Counter(
            "golive_refused",
            "Pushes that are not authentic, by platform and what is wrong with them.",
            ("platform", "reason"),
            registry=self.registry,
        )
        self.handling = Histogram(
            "golive_handler_seconds",
            "From an event's arrival to its commit.",
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 3),
            registry=self.registry,
        )
        self.batch = Histogram(
            "golive_batch_events",
            "Events that shared one commit.",
            buckets=(1, 2, 4, 8, 16, 32, 64),
            registry=self.registry,
        )
        self.waiting = Gauge(
            "golive_events_waiting",
            "Events that wait for a transaction.",
            registry=self.registry,
        )
        self.sends = Counter(
            "golive_sends",
            "Deliveries by platform and outcome.",
            ("platform", "outcome"),
            registry=self.registry,
        )
        self.retries = Counter(
            "golive_retries",
            "Deliveries put off.",
            ("platform",),
            registry=self.registry,
        )
        self.quota = Gauge(
            "golive_quota_used_up",
            "1 while a platform takes nothing more because the app's quota is used up.",
            ("platform",),
            registry=self.registry,
        )
        self.faq = Counter(
            "golive_faq",
            "Questions to the FAQ: answered, offered, refused, useful, useless.",
            ("outcome",),
            registry=self.registry,
        )
        self.encoder = Gauge(
            "golive_faq_encoder_up",
            "1 while the FAQ is searched by meaning too, 0 by letters and sounds alone.",
            registry=self.registry,
        )
        self.line = Gauge(
            "golive_line_up",
            "1 while a platform's long connection is up.",
            ("platform",),
            registry=self.registry,
        )
        self.depth = Gauge(
            "golive_outbox_rows",
            "Rows owed, by platform and state.",
            ("platform", "state"),
            registry=self.registry,
        )
        self.age = Gauge(
            "golive_outbox_oldest_seconds",
            "Age of the oldest row that is still owed.",
            ("platform",),
            registry=self.registry,
        )
        self.parked = Gauge(
            "golive_events_parked",
            "Events given up after several tries.",
            registry=self.registry,
        )
        self.lag = Gauge(
            "golive_scheduler_lag_seconds",
            "How late the last due job was claimed.",
            registry=self.registry,
        )
        self.jobs = Counter(
            "golive_jobs",
            "Jobs by name and outcome.",
            ("job", "outcome"),
            registry=self.registry,
        )
        self.leader = Gauge(
            "golive_leader",
            "1 while this process relays and ticks.",
            registry=self.registry,
        )

    def text(self) -> bytes:
        return generate_latest(self.registry)
