"""What the operator of the platform does: opens cities, publishes tariffs, grants roles, imports registers."""
