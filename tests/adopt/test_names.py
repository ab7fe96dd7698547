"""Index names lead to model names."""

from __future__ import annotations

import pytest

from ecgen.importer.index_names import base_name, model_name


@pytest.mark.parametrize(
    ("index", "base", "model"),
    [
        ("products", "products", "Product"),
        ("shop-orders-000003", "shop-orders", "ShopOrder"),
        ("logs-2024.01.31", "logs", "Logs"),
        ("logs-2024.01.31-000012", "logs", "Logs"),
        ("metrics_2024-01", "metrics", "Metrics"),
        ("news-2024.w05", "news", "News"),
        ("categories_v3", "categories", "Category"),
        ("accounts_1700000000", "accounts", "Account"),
        ("statuses_20240131120000", "statuses", "Status"),
        ("movies", "movies", "Movie"),
        ("query-caches", "query-caches", "QueryCache"),
        ("aliases", "aliases", "Alias"),
        ("databases", "databases", "Database"),
        ("boxes", "boxes", "Box"),
        (".ds-logs-nginx-default-2024.01.01-000001", "logs-nginx-default", "LogsNginxDefault"),
        (".kibana_8.11.0", ".kibana_8.11.0", "Kibana8110"),
        ("2024.01", "2024.01", "Index202401"),
        ("größe", "größe", "GrE"),
        ("日本", "日本", "Document"),
        ("none", "none", "NoneDocument"),
        ("addresses", "addresses", "Address"),
        ("status", "status", "Status"),
        ("bus", "bus", "Bus"),
    ],
)
def test_names(index: str, base: str, model: str) -> None:
    assert base_name(index) == base
    assert model_name(base) == model
