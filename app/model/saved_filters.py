"""Filters that a person gave names, and the order of the list: remembered with the project whose words they use."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING

from app.model.shown_images import SortOrder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.model.storage import Store

_FILTERS = "image_filters"
_ORDER = "image_order"


class SavedFilters:
    """The saved filters of one project, name -> text, as they were saved. All methods raise StoreError."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._filters = _filters_from(store.recall(_FILTERS))

    @property
    def texts(self) -> Mapping[str, str]:
        """The filters by their names, the oldest first."""
        return MappingProxyType(self._filters)

    def save(self, name: str, text: str) -> None:
        """Keep a filter under a name, in place of the one that has it."""
        self._keep({**self._filters, name: text})

    def rename(self, name: str, other: str) -> None:
        """Give a filter another name, in place of the filter that has that one."""
        kept = {one: text for one, text in self._filters.items() if one == name or one != other}
        self._keep({other if one == name else one: text for one, text in kept.items()})

    def delete(self, name: str) -> None:
        """Forget a filter."""
        self._keep({one: text for one, text in self._filters.items() if one != name})

    @property
    def order(self) -> SortOrder:
        """The order that was chosen last."""
        text = self._store.recall(_ORDER)
        return SortOrder(text) if text in set(SortOrder) else SortOrder.NAME

    @order.setter
    def order(self, order: SortOrder) -> None:
        self._store.remember(_ORDER, order.value)

    def _keep(self, filters: dict[str, str]) -> None:
        self._store.remember(_FILTERS, json.dumps(filters, ensure_ascii=False))
        self._filters = filters


def _filters_from(text: str | None) -> dict[str, str]:
    """Read what `_keep` wrote; what is not right is as if nothing was saved."""
    try:
        return {str(name): str(value) for name, value in json.loads(text or "{}").items()}
    except (AttributeError, RecursionError, ValueError):
        return {}
