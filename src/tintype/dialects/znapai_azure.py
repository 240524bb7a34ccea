"""ZnapAI's Azure route: Azure's wire behind ZnapAI's address. docs.znapai.com/essentials/azure-image"""

from __future__ import annotations

from ..core import Dialect
from .azure import AzureImages

dialect: Dialect = AzureImages("znapai-azure", ("/znapai/azure/openai",))
