"""What other charts call the ledger's accounts."""

import pytest

from domain.ledger.accounts import SKR03, SKR04, Chart


@pytest.mark.parametrize("chart", [SKR03, SKR04], ids=lambda chart: chart.name)
def test_no_two_accounts_share_a_number(chart: Chart) -> None:
    """In the export they would be one."""
    assert len(set(chart.numbers.values())) == len(chart.numbers)
