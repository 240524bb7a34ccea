"""The house behind itself, through the web UI's API: the same pictures, seeds and errors out of two houses."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx2 as httpx
import pytest

from tintype.catalog import configure, load
from tintype.core import Access, Completed, Image, ImageRequest, Size
from tintype.core.errors import TintypeError
from tintype.gateway.assemble import open_gateway
from tintype.gateway.gateway import Gateway
from tintype.gateway.offers import Offer, Offers
from tintype.gateway.settings import Settings
from tintype.polyfills import all_polyfills
from tintype.providers.automatic1111 import Automatic1111

from ..pictures import png
from ..serving import serving
from .test_mirror import through
