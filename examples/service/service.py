"""Pages of the web shop as a JSON service: FastAPI over the asynchronous models. README.md beside it says how to run it."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Literal

from elasticsearch import ApiError, TransportError
from fastapi import FastAPI, HTTPException, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from ecgen.runtime.aio import FieldValueError, Result, connect, create_mappings
from shop import MODELS, Maker, Product

if TYPE_CHECKING:
    from shop.product import ProductQuery

Status = Literal["draft", "live", "retired"]
Size = Annotated[int, Query(ge=1, le=100)]


class Card(BaseModel):
    id: str
    name: str
    price: float
    maker: str | None


class Page(BaseModel):
    products: list[Card]
    total: int
    after: str | None
    """What `after` of the next request is; None on the last page."""


class Opinion(BaseModel):
    stars: int | None
    title: str | None


class Detail(Card):
    sku: str
    status: Status | None
    summary: str | None
    tags: list[str]
    reviews: list[Opinion]


class Change(BaseModel, extra="forbid"):
    """What a request wants changed; a field that is not named stays."""

    price: float | None = None
    status: Status | None = None
    tags: list[str] | None = None


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    url = os.environ.get("ELASTICSEARCH_URL", "http://localhost:9200")
    conf = {"hosts": [url], "connections_per_node": 50}
    async with connect(conf, index_prefix=os.environ.get("INDEX_PREFIX", "")) as namespace:
        await namespace.wait_for_ready()
        await create_mappings(MODELS)
        yield


app = FastAPI(title="The shop", lifespan=lifespan)


@app.get("/products")
async def catalogue(status: Status = "live", size: Size = 20, after: str | None = None) -> Page:
    """List products, the newest first."""
    found = await Product.find_by(size, None, _cursor(after), status=status, load=["maker"])
    return _page(found, size)


@app.get("/search")
async def search(
    words: str, below: float | None = None, size: Size = 20, after: str | None = None
) -> Page:
    """Find live products with all the words, the best match first."""
    criteria: ProductQuery = {"name": words, "status": "live"}
    if below is not None:
        criteria["price"] = {"lt": below}
    found = await Product.find_by(size, "_score", _cursor(after), load=["maker"], **criteria)
    return _page(found, size)


@app.get("/products/{id}")
async def detail(id: str) -> Detail:
    """Show a product with its reviews."""
    product = await Product.get(id)
    return _detail(await product.load("maker", "reviews"))


@app.patch("/products/{id}")
async def update(id: str, change: Change) -> Detail:
    """Change a product. Only the fields that differ are sent, so that two editors of one product do not undo each other."""
    product = await Product.get(id)
    if change.price is not None:
        product.price = change.price
    if change.status is not None:
        product.status = change.status
    if change.tags is not None:
        product.tags = change.tags
    await product.save()
    return _detail(await product.load("maker", "reviews"))


@app.exception_handler(FieldValueError)
async def refused(request: Request, error: FieldValueError) -> JSONResponse:
    """A value that the field cannot hold; nothing was sent to the server."""
    return JSONResponse({"detail": f"{error.path}: {error.reason}"}, status_code=422)


@app.exception_handler(ApiError)
async def answered(request: Request, error: ApiError) -> JSONResponse:
    """Pass on that a document is not there, or was changed meanwhile; anything else is our own mistake."""
    known = {404: "not found", 409: "changed meanwhile"}
    if error.status_code not in known:
        raise error
    return JSONResponse({"detail": known[error.status_code]}, status_code=error.status_code)


@app.exception_handler(TransportError)
async def unreachable(request: Request, error: TransportError) -> JSONResponse:
    return JSONResponse({"detail": "the search cluster does not answer"}, status_code=503)


def _cursor(text: str | None) -> list[float | str] | None:
    if text is None:
        return None
    try:
        match json.loads(text):
            case [int() | float() as value, str(id)]:  # of what is sorted by, and the id
                return [value, id]
    except ValueError:
        pass
    raise HTTPException(422, "after is not what a page gave")


def _page(found: Result[Product], size: int) -> Page:
    values = found.search_after_values if len(found) == size else None
    after = None if values is None else json.dumps(values)
    return Page(products=[_card(each) for each in found], total=found.total, after=after)


def _card(product: Product) -> Card:
    maker = product.maker  # the id where the maker is gone
    name = maker.name if isinstance(maker, Maker) else maker
    return Card(id=product.id, name=product.name, price=product.price, maker=name)


def _detail(product: Product) -> Detail:
    reviews = product.get_joined("reviews")
    return Detail(
        **_card(product).model_dump(),
        sku=product.sku,
        status=product.status,
        summary=product.summary,
        tags=product.tags,
        reviews=[Opinion(stars=review.stars, title=review.title) for review in reviews],
    )
