"""Which tables stand in the open. All others stand behind forced row-level security."""

# What a city publishes, and what says nothing of persons. Whoever adds a table puts it here or behind the wall.
PUBLISHED = frozenset({
    *("cities", "stations", "pools", "tariffs", "resources", "charge_points", "vehicles", "bikes", "claims"),
    *("evses", "power_groups", "grid_limits"),
    *("charging_tariff_assignments", "retired_tariffs"),
    "documents",
    *("alembic_version", "schema_steps"),
})  # fmt: skip
