from typing import Any

class ConnectionError(Exception): ...
class SSLValidationError(Exception): ...

def open_url(
    url: str,
    data: bytes | None = ...,
    headers: dict[str, str] | None = ...,
    method: str | None = ...,
    use_proxy: bool = ...,
    timeout: float = ...,
    validate_certs: bool = ...,
    http_agent: str | None = ...,
    follow_redirects: str = ...,
    ca_path: str | None = ...,
    use_netrc: bool = ...,
) -> Any: ...
