"""Who keeps count: Redis for all processes together, or each process for itself while Redis is gone."""
