"""Network addresses: whom an address stands for when something is counted."""

from ipaddress import ip_address, ip_network


def network_of(address: str | None) -> str:
    """An IPv4 address as it is; of an IPv6 address its /64, because a customer has 2^64 of them and counts as one."""
    try:
        known = ip_address((address or "").partition("%")[0])
    except ValueError:
        return address or ""
    if known.version == 6 and known.ipv4_mapped is None:
        return str(ip_network((known, 64), strict=False))
    return str(known)
