"""Outgoing webhooks: signed as Standard Webhooks say, and delivered to where they may go."""
