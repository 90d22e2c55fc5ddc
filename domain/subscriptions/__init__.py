"""Who else is told what happens in a city: other systems, by outgoing webhooks."""
