"""The demo cities: loaded once, then left alone, because what people did with them is worth keeping.

The files are what an operator would write: `kommobil city add` and `kommobil tariff import` take them too.
"""
