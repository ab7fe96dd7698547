"""Python classes become definitions: elasticsearch.dsl's, and elastic_connect's by their shape."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result

from .conftest import mapping_of

Run = Callable[..., Result]

DSL = '''
from elasticsearch import dsl


class Address(dsl.InnerDoc):
    street = dsl.Text(fields={"raw": dsl.Keyword()})
    zip_code = dsl.Keyword(required=True)


class Customer(dsl.Document):
    """Somebody who buys."""

    email = dsl.Keyword(required=True)
    tags = dsl.Keyword(multi=True)
    addresses = dsl.Nested(Address)
    home = dsl.Object(Address)
    taste = dsl.DenseVector(dims=3)
    created = dsl.Date(format="strict_date")
    name = dsl.Text(analyzer=dsl.analyzer("folding", tokenizer="standard", filter=["lowercase", "asciifolding"]))

    class Index:
        name = "customers"
        settings = {"number_of_shards": 2}

    class Meta:
        dynamic = dsl.MetaField("strict")


class Visit(dsl.Document):
    path = dsl.Keyword()

    class Index:
        name = "visits-*"
'''

# The shape of elastic_connect's classes: the library itself is not on the package index.
ELASTIC = """
class BaseDataType:
    def __init__(self, name):
        self.name = name

    def get_es_type(self):
        return self.name != "id" and {"type": type(self).__name__.lower()}


class Keyword(BaseDataType): pass
class Text(BaseDataType): pass


class ScaledFloat(BaseDataType):
    def __init__(self, name, scaling_factor):
        super().__init__(name)
        self.scaling_factor = scaling_factor

    def get_es_type(self):
        return {"type": "scaled_float", "scaling_factor": self.scaling_factor}


class Join(BaseDataType):
    def __init__(self, name, source, target, do_lazy_load=False):
        super().__init__(name)
        path, _, self.target_property = target.partition(":")
        self._target = path.rpartition(".")[2]
        self.do_lazy_load = do_lazy_load

    def get_es_type(self):
        return {"type": "keyword"}


class SingleJoin(Join): pass
class MultiJoin(Join): pass
class MultiJoinLoose(MultiJoin):
    def get_es_type(self):
        return None


class Model:
    _mapping = {"id": Keyword("id")}
    _meta = {"_doc_type": "model"}
"""
MODELS = '''
from elastic.base import Keyword, Model, MultiJoin, MultiJoinLoose, ScaledFloat, SingleJoin, Text


class Maker(Model):
    """Who makes it."""

    _mapping = {
        "id": Keyword("id"),
        "name": Text("name"),
        "products": MultiJoinLoose("products", "elastic.models.Maker", "elastic.models.Product:maker", True),
    }
    _meta = {"_doc_type": "makers"}


class Product(Model):
    _mapping = {
        "id": Keyword("id"),
        "price": ScaledFloat("price", 100),
        "maker": SingleJoin("maker", "elastic.models.Product", "elastic.models.Maker:products"),
        "parts": MultiJoin("parts", "elastic.models.Product", "elastic.models.Product"),
    }
    _meta = {"_doc_type": "products"}

    def _compute_id(self):
        return self.price
'''


@pytest.fixture(autouse=True)
def _forget(project: Path) -> Iterator[None]:
    """Modules of one test are no modules of the next."""
    path = list(sys.path)
    yield
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None) or "").startswith(str(project)):
            del sys.modules[name]
    sys.path[:] = path


def put(project: Path, **modules: str) -> None:
    for name, text in modules.items():
        path = project / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_dsl(ecgen: Run, project: Path) -> None:
    put(project, shop_documents=DSL)
    result = ecgen("import", "--python", "shop_documents")
    assert result.exit_code == 0, result.output
    assert "shop_documents.Visit has the indices visits-*: write this pattern" in result.output
    assert ecgen("build").exit_code == 0
    import shop_documents  # type: ignore[import-not-found]

    mapping = mapping_of(project, "customer")
    assert mapping == shop_documents.Customer._doc_type.mapping.to_dict()
    text = (project / "schemas" / "customer.yaml").read_text()
    assert "description: Somebody who buys.\n" in text
    assert "index: customers\n" in text
    assert "email: {type: keyword, required: true}\n" in text
    assert "tags: {type: keyword, many: true}\n" in text
    assert "number_of_shards: 2" in text
    assert "folding" in text.split("fields:")[0]
    assert "zip_code: {type: keyword, required: true}" in text
    assert "index: visits\n" in (project / "schemas" / "visit.yaml").read_text()


DSL_CODE = """
import enum
from datetime import datetime
from typing import List, Optional
from elasticsearch import dsl
from elasticsearch.dsl import mapped_field


class State(str, enum.Enum):
    DRAFT = "draft"


class Money(dsl.CustomField):
    builtin_type = "scaled_float"

    def _serialize(self, data, skip_empty=None):
        return str(data)


class Line(dsl.InnerDoc):
    kind: str = mapped_field(dsl.Keyword(), es_name="k", default="part")


class Base(dsl.Document):
    made: datetime = mapped_field(default_factory=datetime.now)
    changed: Optional[datetime]

    class Index:
        settings = {"number_of_shards": 2}


class Plain(dsl.Document):
    pass


class Order(Base):
    state: str = mapped_field(dsl.Keyword(), default=State.DRAFT)
    urgent: bool = mapped_field(default=True)
    sizes: List[int] = mapped_field(default=[1, 2])
    tags: List[str] = mapped_field(dsl.Keyword(), default_factory=list)
    number: str = mapped_field(dsl.Keyword(), es_name="order-number")
    line: Optional[Line]
    price = Money(scaling_factor=100)
    day: datetime = mapped_field(default_factory=lambda: datetime.now().date())
    text = dsl.Text(analyzer=dsl.analyzer("one", tokenizer="standard", filter=["lowercase"]))
    more = dsl.Text(analyzer=dsl.analyzer("two", tokenizer="standard", filter=["lowercase"]))

    class Index:
        name = "orders"

    def save(self, **options):
        self.meta.id = self.number
        self.changed = datetime.now()
        return super().save(**options)
"""


def test_what_the_code_of_a_document_states_and_computes(ecgen: Run, project: Path) -> None:
    """Defaults and names are taken over; what code computes waits for a person."""
    put(project, coded=DSL_CODE)
    result = ecgen("import", "--python", "coded")
    assert result.exit_code == 1
    text = (project / "schemas" / "order.yaml").read_text()
    for line in (
        "state: {type: keyword, required: true, default: draft}",
        "urgent: {type: boolean, required: true, default: true}",
        "sizes: {type: integer, many: true, default: [1, 2]}",
        "tags: {type: keyword, many: true}",
        "number: {name: order-number, type: keyword, required: true}",
        "properties: {kind: {name: k, type: keyword, required: true, default: part}}",
        "changed: {type: date, python: TODO}",
        "day: {type: date, python: TODO, required: true}",
        "price: {type: scaled_float, python: TODO, scaling_factor: 100}",
    ):
        assert f" {line}" in text
    assert "compute_id: {python: TODO}\n" in text
    assert "coded.Order.save computes the ids in Python" in result.output
    assert "# coded.Order.save computes it in Python" in text
    assert "# A default_factory of the class computes it in Python" in text
    assert "# coded.Money converts its values in Python" in text
    base = (project / "schemas" / "base.yaml").read_text()
    assert "made: {type: date, python: TODO, required: true}" in base
    assert "coded.Base names no index" in result.output
    assert "coded.Plain names no index" in result.output
    assert "names no index" not in text


def test_documents_are_written_alike_in_every_run(project: Path) -> None:
    """The library keeps fields in sets, which Python orders by a seed that differs from run to run."""
    put(project, coded=DSL_CODE)
    command = [sys.executable, "-m", "ecgen", "import", "--python", "coded", "--dry-run"]
    printed = {
        subprocess.run(
            command,
            cwd=project,
            env=os.environ | {"PYTHONHASHSEED": str(seed)},
            capture_output=True,
        ).stdout
        for seed in range(4)
    }
    (text,) = printed
    assert b"model: Order" in text


def settle_ids(project: Path, folder: str = "schemas") -> None:
    """What a person does with the one thing that import leaves open."""
    path = project / folder / "product.yaml"
    text = path.read_text()
    assert "compute_id: {python: TODO}\n" in text
    path.write_text(text.replace("compute_id: {python: TODO}\n", 'compute_id: ["price"]\n'))


STATED = """
import uuid
from elastic.base import Keyword, Model, Text


class Euros(Keyword):
    def get_es_type(self):
        return {"type": "keyword"}

    def from_python(self, value):
        return str(value)


class Flag(Keyword):
    def get_es_type(self):
        return "keyword"

    def get_default_value(self):
        return "off"


class Token(Keyword):
    def get_es_type(self):
        return "keyword"

    def get_default_value(self):
        return uuid.uuid4().hex


class Secret(Keyword):
    private = True

    def get_es_type(self):
        return "keyword"


class Base(Model):
    def _compute_id(self):
        return self.email


class User(Base):
    _mapping = {
        "id": Keyword("id"),
        "email": Keyword("email_address"),
        "password": Secret("password"),
        "state": Flag("state"),
        "price": Euros("price"),
        "token": Token("token"),
    }
    _meta = {"_doc_type": "users", "sort": [{"email": "asc"}], "versioned": True}


class Robot(User):
    _meta = {"_doc_type": "robots"}

    def save(self):
        self.state = "on"
        return super().save()


class Log(Model):
    _mapping = {"id": Keyword("id"), "line": Text("line")}
    _meta = {"_doc_type": "logs"}

    def _compute_id(self):
        "The server makes it."
        return None
"""


def test_what_classes_state_is_taken_over_or_fails_the_build(ecgen: Run, project: Path) -> None:
    put(project, elastic____init__="", elastic__base=ELASTIC, elastic__stated=STATED)
    result = ecgen("import", "--python", "elastic.stated")
    assert result.exit_code == 1
    user = (project / "schemas" / "user.yaml").read_text()
    assert "compute_id: {python: TODO}\n" in user
    assert "elastic.stated.Base computes the ids in Python" in user
    assert "sort: [{email: asc}]\n" in user
    assert "versioned: true\n" in user
    assert "email: {name: email_address, type: keyword}\n" in user
    assert "password: {type: keyword, private: true}\n" in user
    assert 'default: "off"' in user
    assert "elastic.stated.Euros converts its values in Python" in user
    assert "token: {type: keyword, python: TODO}\n" in user
    assert "The type's get_default_value computes it in Python" in user
    robot = (project / "schemas" / "robot.yaml").read_text()
    assert "index: robots\n" in robot
    assert "email: {name: email_address, type: keyword}\n" in robot
    assert "# elastic.stated.Robot.save computes it in Python" in robot
    assert "compute_id: server\n" in (project / "schemas" / "log.yaml").read_text()
    assert ecgen("build").exit_code == 1


def test_elastic_connect(ecgen: Run, project: Path) -> None:
    put(project, elastic____init__="", elastic__base=ELASTIC, elastic__models=MODELS)
    result = ecgen("import", "--python", "elastic.models")
    assert result.exit_code == 1, result.output
    settle_ids(project)
    maker = (project / "schemas" / "maker.yaml").read_text()
    product = (project / "schemas" / "product.yaml").read_text()
    assert (
        "products: {type: multi_loose, target: Product, inverse: maker, lazy_load: true}\n" in maker
    )
    assert "compute_id: server\n" in maker
    assert "maker: {type: single, target: Maker, inverse: products}\n" in product
    assert "parts: {type: multi, target: Product}\n" in product
    assert "price: {type: scaled_float, scaling_factor: 100}\n" in product
    assert "Product computes the ids in Python" in product
    result = ecgen("build")
    assert result.exit_code == 0, result.output
    assert mapping_of(project, "product") == {
        "properties": {
            "price": {"type": "scaled_float", "scaling_factor": 100},
            "maker": {"type": "keyword"},
            "parts": {"type": "keyword"},
        }
    }


def test_models_that_ecgen_generated(ecgen: Run, project: Path) -> None:
    """They have the shape, too: what was built is imported, and builds the same."""
    put(project, elastic____init__="", elastic__base=ELASTIC, elastic__models=MODELS)
    assert ecgen("import", "--python", "elastic.models").exit_code == 1
    settle_ids(project)
    assert ecgen("build", "--out", "shop_models").exit_code == 0
    result = ecgen("import", "--python", "shop_models", "--out", "again")
    assert result.exit_code == 1, result.output
    settle_ids(project, "again")
    assert ecgen("build", "again", "--out", "second").exit_code == 0
    for module in ("maker", "product"):
        assert mapping_of(project, module, "second") == mapping_of(project, module, "shop_models")


def test_a_generated_model_over_a_pattern(ecgen: Run, project: Path) -> None:
    """Of the stored id, the class says that it is the document's: nothing is left to be done by hand."""
    definitions = {
        "log": "model: Log\nindex: logs-*\nwrite_to: logs-app\nfields: {at: date}\n",
        "view": "model: View\nindex: views-*\nwrite_to: views-app\ndata_stream: true\npriority: 7\nrouting: page\n"
        'fields: {at: {type: date, name: "@timestamp", auto: created}, page: {type: keyword, ignore_above: 9}}\n',
    }
    (project / "schemas").mkdir()
    for name, text in definitions.items():
        (project / "schemas" / f"{name}.yaml").write_text(text)
    assert ecgen("build", "--out", "log_models").exit_code == 0
    result = ecgen("import", "--python", "log_models", "--out", "again")
    assert result.exit_code == 0, result.output
    assert ecgen("build", "again", "--out", "second").exit_code == 0
    for name in definitions:
        first, second = (
            project / folder / "mappings" / f"{name}.json" for folder in ("log_models", "second")
        )
        assert first.read_text() == second.read_text()
        assert f"write_to: {name}s-app" in (project / "again" / f"{name}.yaml").read_text()


def test_what_a_generated_field_states_stays(ecgen: Run, project: Path) -> None:
    definitions = {
        "maker": "model: Maker\nfields: {name: {type: keyword, ignore_above: 9}}\n",
        "part": "model: Part\nfields:\n  price: {type: scaled_float, scaling_factor: 100, python: decimal, default: 0.5}\n"
        "  tags: {type: keyword, many: true, ignore_above: 9, default: [new]}\n"
        "joins:\n  maker: {type: single, target: Maker, required: true}\n",
    }
    (project / "schemas").mkdir()
    for name, text in definitions.items():
        (project / "schemas" / f"{name}.yaml").write_text(text)
    assert ecgen("build", "--out", "part_models").exit_code == 0
    assert ecgen("import", "--python", "part_models", "--out", "again").exit_code == 0
    assert ecgen("build", "again", "--out", "second").exit_code == 0
    first, second = (
        (project / folder / "part.py").read_text().partition("\n")[2].replace("again/", "schemas/")
        for folder in ("part_models", "second")
    )
    assert first.replace("part_models", "second") == second


ROUTED = """
from ecgen.runtime import Date, Keyword, Model

class Order(Model):
    _meta = {"index": "orders", "routing": "{class_|lower}", "mappings": {"_routing": {"required": True}}}
    _mapping = {"class_": Keyword("class", ignore_above=64), "made": Date("made", auto="created")}
"""


def test_a_routing_that_a_class_states(ecgen: Run, project: Path) -> None:
    put(project, routed=ROUTED)
    result = ecgen("import", "--python", "routed")
    assert result.exit_code == 0, result.output
    text = (project / "schemas" / "order.yaml").read_text()
    assert 'routing: "{class_|lower}"\n' in text
    assert "given" not in text
    assert "made: {type: date, auto: created}" in text
    assert ecgen("build").exit_code == 0
    put(project, routed2=ROUTED.replace("class_|lower", "class_|date:%Y"))
    assert ecgen("import", "--python", "routed2", "--out", "wrong").exit_code == 1


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("broken_syntax", "def (", "broken_syntax fails when it is imported: SyntaxError"),
        ("raises", "raise ValueError('s3cr3t')", "raises fails when it is imported: ValueError in"),
        ("exits", "import sys; sys.exit(3)", "exits fails when it is imported: SystemExit"),
        ("needs", "import not_there_at_all", "imports 'not_there_at_all', which is not installed"),
        ("empty", "class A: pass", "empty defines no model"),
        ("odd", "class A:\n    _mapping = 5\n    _meta = {}", "odd defines no model"),
    ],
)
def test_modules_that_cannot_be_imported(
    ecgen: Run, project: Path, name: str, text: str, complaint: str
) -> None:
    put(project, **{name: text})
    result = ecgen("import", "--python", name)
    assert result.exit_code == 1
    assert complaint in result.output
    assert "s3cr3t" not in result.output
    assert not (project / "schemas").exists()


def test_the_name_of_a_file_or_of_a_package_leads_to_the_module(ecgen: Run, project: Path) -> None:
    put(project, packed____init__="", packed__documents=DSL, packed__views="")
    result = ecgen("import", "--python", "packed/documents.py")
    assert (
        "packed/documents.py is the name of a file; name the module: packed.documents"
        in result.output
    )
    result = ecgen("import", "--python", "packed")
    assert "name a module of the package, such as packed.documents" in result.output


@pytest.mark.parametrize("name", ["nowhere", "nowhere.models", "..", "a b", ""])
def test_no_such_module(ecgen: Run, project: Path, name: str) -> None:
    result = ecgen("import", "--python", name)
    assert result.exit_code in (1, 2)
    assert "Traceback" not in result.output
