"""Mappings as the world has them, written for these tests after the manner of well-known programs."""

from __future__ import annotations

from typing import Any, Final

_RAW = {"raw": {"type": "keyword", "ignore_above": 256}}
_KEYWORD = {"type": "keyword", "ignore_above": 1024}


def _ecs_like() -> dict[str, Any]:
    """Logs in groups: objects without a type, wildcard, match_only_text, flattened, constant_keyword."""
    return {
        "settings": {"mapping": {"total_fields": {"limit": 10000}}, "refresh_interval": "5s"},
        "mappings": {
            "_meta": {"beat": "examplebeat", "version": "8.15.0"},
            "date_detection": False,
            "dynamic_templates": [
                {
                    "labels": {
                        "path_match": "labels.*",
                        "mapping": {"type": "keyword"},
                        "match_mapping_type": "string",
                    }
                },
                {
                    "strings_as_keyword": {
                        "mapping": {"ignore_above": 1024, "type": "keyword"},
                        "match_mapping_type": "string",
                    }
                },
            ],
            "properties": {
                "@timestamp": {"type": "date"},
                "message": {"type": "match_only_text"},
                "tags": _KEYWORD,
                "labels": {"type": "object"},
                "data_stream": {
                    "properties": {
                        "dataset": {"type": "constant_keyword"},
                        "type": {"type": "constant_keyword", "value": "logs"},
                    }
                },
                "event": {
                    "properties": {
                        "duration": {"type": "long"},
                        "original": {"type": "keyword", "index": False, "doc_values": False},
                        "risk_score": {"type": "float"},
                        "created": {"type": "date"},
                    }
                },
                "host": {
                    "properties": {
                        "ip": {"type": "ip"},
                        "name": _KEYWORD,
                        "os": {
                            "properties": {
                                "full": {
                                    **_KEYWORD,
                                    "fields": {"text": {"type": "match_only_text"}},
                                }
                            }
                        },
                        "cpu": {
                            "properties": {
                                "usage": {"type": "scaled_float", "scaling_factor": 1000}
                            }
                        },
                    }
                },
                "url": {
                    "properties": {
                        "full": {
                            "type": "wildcard",
                            "fields": {"text": {"type": "match_only_text"}},
                        },
                        "port": {"type": "long"},
                    }
                },
                "process": {
                    "properties": {
                        "parent": {
                            "properties": {"thread": {"properties": {"id": {"type": "long"}}}}
                        }
                    }
                },
                "threat": {
                    "properties": {
                        "enrichments": {
                            "type": "nested",
                            "properties": {"indicator": {"type": "object"}},
                        }
                    }
                },
                "registry": {"type": "flattened", "depth_limit": 10},
                "client": {
                    "properties": {"geo": {"properties": {"location": {"type": "geo_point"}}}}
                },
                "agent.hostname": {"type": "alias", "path": "host.name"},
            },
        },
    }


def _logstash_like() -> dict[str, Any]:
    """What a shipper installs: dynamic templates before all, and geoip."""
    return {
        "settings": {"index": {"refresh_interval": "5s", "number_of_shards": 1}},
        "mappings": {
            "dynamic_templates": [
                {
                    "message_field": {
                        "path_match": "message",
                        "match_mapping_type": "string",
                        "mapping": {"type": "text", "norms": False},
                    }
                },
                {
                    "string_fields": {
                        "match": "*",
                        "match_mapping_type": "string",
                        "mapping": {
                            "type": "text",
                            "norms": False,
                            "fields": {"keyword": {"type": "keyword", "ignore_above": 256}},
                        },
                    }
                },
            ],
            "properties": {
                "@timestamp": {"type": "date"},
                "@version": {"type": "keyword"},
                "geoip": {
                    "dynamic": True,
                    "properties": {
                        "ip": {"type": "ip"},
                        "location": {"type": "geo_point"},
                        "latitude": {"type": "half_float"},
                    },
                },
            },
        },
    }


def _dashboards_like() -> dict[str, Any]:
    """Saved objects: strict at the root, loose below, fields called as the mapping's own keys."""
    return {
        "mappings": {
            "dynamic": "strict",
            "properties": {
                "type": {"type": "keyword"},
                "namespace": {"type": "keyword"},
                "updated_at": {"type": "date"},
                "references": {
                    "type": "nested",
                    "properties": {
                        "id": {"type": "keyword"},
                        "name": {"type": "keyword"},
                        "type": {"type": "keyword"},
                    },
                },
                "visualization": {
                    "dynamic": "false",
                    "properties": {
                        "description": {"type": "text"},
                        "title": {"type": "text"},
                        "version": {"type": "integer"},
                        "uiStateJSON": {"type": "text", "index": False},
                        "properties": {
                            "properties": {
                                "fields": {"type": "object", "enabled": False},
                                "name": {"type": "keyword"},
                            }
                        },
                    },
                },
                "config": {"dynamic": "true", "properties": {"buildNum": {"type": "keyword"}}},
                "secret": {"type": "binary"},
                "empty": {"dynamic": False, "type": "object"},
                "nothing": {"properties": {}, "type": "object"},
            },
        }
    }


def _encyclopedia_like() -> dict[str, Any]:
    """A wiki's search: many analyzers, some of a plugin, similarities, copy_to, token counts."""
    text = {
        "type": "text",
        "analyzer": "text",
        "search_analyzer": "text_search",
        "similarity": "bm25_long",
    }
    plain = {
        "type": "text",
        "analyzer": "plain",
        "search_analyzer": "plain_search",
        "position_increment_gap": 10,
        "index_options": "offsets",
    }
    return {
        "settings": {
            "analysis": {
                "analyzer": {
                    "text": {
                        "type": "custom",
                        "tokenizer": "standard",
                        "filter": ["lowercase", "english_stem"],
                    },
                    "text_search": {
                        "type": "custom",
                        "tokenizer": "standard",
                        "filter": ["lowercase", "english_stem"],
                    },
                    "plain": {
                        "type": "custom",
                        "tokenizer": "standard",
                        "char_filter": ["word_break"],
                        "filter": ["lowercase"],
                    },
                    "plain_search": {
                        "type": "custom",
                        "tokenizer": "standard",
                        "filter": ["lowercase"],
                    },
                    "prefix": {"type": "custom", "tokenizer": "prefix", "filter": ["lowercase"]},
                },
                "char_filter": {
                    "word_break": {"type": "mapping", "mappings": ["_=>\\u0020", ".=>\\u0020"]}
                },
                "tokenizer": {"prefix": {"type": "edge_ngram", "max_gram": "255"}},
                "filter": {"english_stem": {"type": "stemmer", "language": "english"}},
            },
            "similarity": {"bm25_long": {"type": "BM25", "b": "0.75", "k1": "1.2"}},
        },
        "mappings": {
            "dynamic": "false",
            "properties": {
                "all": {**text, "fields": {"plain": plain}},
                "title": {
                    **text,
                    "copy_to": ["all", "suggest"],
                    "fields": {
                        "plain": plain,
                        "prefix": {
                            "type": "text",
                            "analyzer": "prefix",
                            "index_options": "docs",
                            "norms": False,
                        },
                        "trigram": {"type": "text", "analyzer": "trigram_of_a_plugin"},
                    },
                },
                "suggest": {"type": "text", "analyzer": "plain"},
                "text_bytes": {
                    "type": "integer",
                    "fields": {"word_count": {"type": "token_count", "analyzer": "plain"}},
                },
                "category": {
                    "type": "text",
                    "index": False,
                    "copy_to": "all",
                    "fields": {"lowercase_keyword": {"type": "keyword", "normalizer": "lowercase"}},
                },
                "coordinates": {
                    "type": "nested",
                    "properties": {
                        "coord": {"type": "geo_point"},
                        "primary": {"type": "boolean"},
                        "dim": {"type": "float"},
                    },
                },
                "incoming_links": {"type": "long"},
                "timestamp": {"type": "date", "format": "strict_date_optional_time||epoch_millis"},
                "weighted_tags": {
                    "type": "text",
                    "analyzer": "keyword",
                    "similarity": "bm25_long",
                    "term_vector": "with_positions_offsets",
                },
            },
        },
    }


def _social_like() -> dict[str, Any]:
    """Accounts and posts as a Ruby indexer defines them: edge n-grams, a verbatim multi-field, an id that is a number."""
    return {
        "settings": {
            "index": {"refresh_interval": "30s"},
            "analysis": {
                "filter": {"english_stop": {"type": "stop", "stopwords": "_english_"}},
                "analyzer": {
                    "verbatim": {"tokenizer": "uax_url_email", "filter": ["lowercase"]},
                    "edge_ngram": {
                        "tokenizer": "edge_ngram",
                        "filter": ["lowercase", "asciifolding"],
                    },
                },
                "tokenizer": {"edge_ngram": {"type": "edge_ngram", "min_gram": 1, "max_gram": 15}},
            },
        },
        "mappings": {
            "properties": {
                "id": {"type": "long"},
                "account_id": {"type": "long"},
                "text": {
                    "type": "text",
                    "analyzer": "verbatim",
                    "fields": {"stemmed": {"type": "text", "analyzer": "english"}},
                },
                "display_name": {
                    "type": "text",
                    "analyzer": "verbatim",
                    "fields": {
                        "edge_ngram": {
                            "type": "text",
                            "analyzer": "edge_ngram",
                            "search_analyzer": "verbatim",
                        }
                    },
                },
                "followers_count": {"type": "long"},
                "last_status_at": {"type": "date"},
                "searchable_by": {"type": "long"},
            }
        },
    }


def _forge_like() -> dict[str, Any]:
    """Code and issues in one index: a join field, routing required, code analyzers, percolated queries."""
    return {
        "settings": {
            "number_of_shards": 5,
            "analysis": {"normalizer": {"sha": {"type": "custom", "filter": ["lowercase"]}}},
        },
        "mappings": {
            "dynamic": "strict",
            "_routing": {"required": True},
            "_source": {"excludes": ["blob.content"]},
            "properties": {
                "type": {"type": "keyword"},
                "join_field": {
                    "type": "join",
                    "eager_global_ordinals": True,
                    "relations": {"project": ["issue", "merge_request", "note"]},
                },
                "blob": {
                    "properties": {
                        "id": {"type": "keyword", "index_options": "docs", "normalizer": "sha"},
                        "content": {"type": "text", "index_options": "positions"},
                    }
                },
                "upvotes": {"type": "integer"},
                "assignee_id": {"type": "integer"},
                "traversal_ids": {"type": "keyword"},
                "confidential": {"type": "boolean"},
                "saved_search": {"type": "percolator"},
                "title": {"type": "text", "index_options": "positions", "fields": _RAW},
            },
        },
    }


def _papers_like() -> dict[str, Any]:
    """Papers for retrieval: dense and sparse vectors, semantic text, completion."""
    return {
        "settings": {"number_of_replicas": 0},
        "mappings": {
            "_source": {"excludes": ["embedding"]},
            "properties": {
                "paper_id": {"type": "keyword"},
                "abstract": {"type": "text", "analyzer": "english", "term_vector": "yes"},
                "authors": {
                    "type": "nested",
                    "include_in_parent": True,
                    "properties": {"full_name": {"type": "text"}, "suffix": {"type": "keyword"}},
                },
                "embedding": {
                    "type": "dense_vector",
                    "dims": 768,
                    "index": True,
                    "similarity": "cosine",
                    "index_options": {"type": "int8_hnsw", "m": 16, "ef_construction": 100},
                },
                "tiny": {"type": "dense_vector", "dims": 64, "element_type": "bit"},
                "tokens": {"type": "sparse_vector"},
                "semantic": {
                    "type": "semantic_text",
                    "inference_id": "my-elser",
                    "model_settings": {"task_type": "sparse_embedding"},
                },
                "topics": {"type": "rank_features"},
                "pagerank": {"type": "rank_feature", "positive_score_impact": True},
                "suggest": {
                    "type": "completion",
                    "analyzer": "simple",
                    "preserve_separators": True,
                    "preserve_position_increments": True,
                    "max_input_length": 50,
                    "contexts": [{"name": "field", "type": "category", "path": "category"}],
                },
                "category": {"type": "keyword"},
                "submitted_date": {"type": "date", "format": "date_optional_time"},
                "metadata": {
                    "properties": {
                        "chunk": {"type": "integer"},
                        "source": {
                            "type": "text",
                            "fields": {"keyword": {"type": "keyword", "ignore_above": 256}},
                        },
                    }
                },
            },
        },
    }


def _shop_like() -> dict[str, Any]:
    """A shop: prices, facets, search as you type, runtime fields, dots and dashes in names."""
    return {
        "settings": {
            "index.max_result_window": 50000,
            "index.sort.field": ["created"],
            "index.sort.order": ["desc"],
        },
        "aliases": {
            "shop": {},
            "live": {"filter": {"term": {"active": True}}, "is_write_index": True},
        },
        "mappings": {
            "dynamic": "true",
            "numeric_detection": True,
            "dynamic_date_formats": ["yyyy/MM/dd", "strict_date_optional_time"],
            "runtime": {
                "margin": {
                    "type": "double",
                    "script": {
                        "source": "double p = doc['price'].value;\nif (p > 0) {\n  emit(p * 0.3);\n}",
                        "lang": "painless",
                    },
                }
            },
            "properties": {
                "id": {"type": "keyword"},
                "name": {"type": "search_as_you_type", "max_shingle_size": 4, "doc_values": False},
                "price": {"type": "scaled_float", "scaling_factor": 100.0},
                "price-old": {"type": "double", "null_value": -1.5, "coerce": False},
                "attributes": {
                    "type": "nested",
                    "properties": {
                        "name": {"type": "keyword"},
                        "value": {"type": "keyword", "null_value": "no"},
                    },
                },
                "facets.color": {"type": "keyword", "eager_global_ordinals": True},
                "valid": {"type": "date_range", "format": "yyyy-MM-dd"},
                "ages": {"type": "integer_range", "coerce": True},
                "available": {"type": "boolean", "null_value": False},
                "created": {"type": "date_nanos"},
                "stock": {"type": "unsigned_long"},
                "version": {"type": "version"},
                "class": {"type": "keyword"},
                "yes": {"type": "keyword", "meta": {"unit": "on"}},
                "1st": {"type": "keyword"},
                "active": {"type": "boolean"},
            },
        },
    }


def _places_like() -> dict[str, Any]:
    """Places and sensors: shapes, points, metrics of a time series."""
    return {
        "settings": {"index": {"mode": "time_series", "routing_path": ["station"]}},
        "mappings": {
            "properties": {
                "@timestamp": {"type": "date"},
                "station": {"type": "keyword", "time_series_dimension": True},
                "load": {"type": "double", "time_series_metric": "gauge"},
                "total": {"type": "long", "time_series_metric": "counter"},
                "area": {"type": "geo_shape", "orientation": "left", "ignore_malformed": True},
                "place": {"type": "geo_point", "ignore_z_value": True, "null_value": "0,0"},
                "plan": {"type": "shape"},
                "desk": {"type": "point"},
                "latency": {"type": "histogram"},
                "summary": {
                    "type": "aggregate_metric_double",
                    "metrics": ["min", "max", "value_count"],
                    "default_metric": "max",
                },
                "attributes": {
                    "type": "passthrough",
                    "priority": 10,
                    "dynamic": True,
                    "properties": {
                        "region": {"type": "keyword"},
                        "deep": {"properties": {"er": {"type": "long"}}},
                    },
                },
            }
        },
    }


def _old_like() -> dict[str, Any]:
    """From before Elasticsearch 5: strings, `_all`, `index` in words, boosts."""
    return {
        "mappings": {
            "_all": {"enabled": False},
            "_timestamp": {"enabled": True},
            "date_detection": "false",
            "properties": {
                "title": {
                    "type": "string",
                    "analyzer": "snowball",
                    "boost": 2.0,
                    "fields": {"untouched": {"type": "string", "index": "not_analyzed"}},
                },
                "body": {
                    "type": "text",
                    "include_in_all": False,
                    "norms": {"enabled": False},
                    "fielddata": {"format": "disabled"},
                },
                "tags": {"type": "keyword", "index": "not_analyzed", "doc_values": "true"},
                "place": {"type": "geo_point", "lat_lon": True, "geohash_precision": "1km"},
                "rank": {"type": "integer", "precision_step": 4},
                "meta": {
                    "type": "object",
                    "include_in_all": False,
                    "properties": {"_created": {"type": "date"}},
                },
                "_class": {"type": "keyword"},
            },
        }
    }


def _loose_like() -> dict[str, Any]:
    """Dots kept as they are, and a mapping that is not parsed at all."""
    return {
        "mappings": {
            "subobjects": False,
            "dynamic": "runtime",
            "properties": {
                "host.name": {"type": "keyword"},
                "host": {"type": "keyword"},
                "metrics": {
                    "type": "object",
                    "subobjects": False,
                    "properties": {"cpu.load": {"type": "float"}, "cpu": {"type": "float"}},
                },
                "x y": {"type": "keyword"},
                "größe": {"type": "long"},
                "a-b": {"type": "keyword"},
                "a_b": {"type": "keyword"},
            },
        }
    }


REAL_WORLD: Final[dict[str, dict[str, Any]]] = {
    function.__name__[1:]: function()
    for function in (
        _ecs_like,
        _logstash_like,
        _dashboards_like,
        _encyclopedia_like,
        _social_like,
        _forge_like,
        _papers_like,
        _shop_like,
        _places_like,
        _old_like,
        _loose_like,
    )
}
