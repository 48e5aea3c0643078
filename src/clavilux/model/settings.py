"""What a user says about one provider, in config.toml and the environment."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class ProviderSettings(BaseModel):
    """[providers.NAME] of config.toml; the key comes from environment or keyring alone."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    key: SecretStr | None = Field(default=None, exclude=True)
    """Never written down; shown as stars."""
    base_url: str = ""
    """A compatible server instead of the provider's own."""
    model: str = ""
    """Model id; "" for the provider's usual one."""
    quality: str = ""
    """Provider's own word, such as medium; "" for the usual one."""
    size: str = Field(default="", pattern=r"^(\d{2,5}x\d{2,5})?$")
    """Width x height to ask for, where the provider lets one choose."""
    concurrency: int | None = Field(default=None, ge=1, le=64)
    per_minute: float | None = Field(default=None, gt=0)
    timeout: float = Field(default=300, gt=0, le=3600)
    """Seconds to wait for one answer."""
    hourly: float | None = Field(default=None, ge=0, le=1000)
    """US dollars that an hour of one's own machine costs, for estimates; nobody is paid that."""
    options: dict[str, str | int | float | bool] = Field(default_factory=dict)
    """[providers.NAME.options]: what only this provider knows; it refuses what it does not."""
