"""What the number of a Windows means to people: 6.1 is Windows 7 and Server 2008 R2.

Source: Microsoft, "Operating System Version" and the pages of release information, by build number.
"""

from closewait.tcp.settings.setting import Version

#: The newest first; a number belongs to the first of them that it is not older than.
WINDOWS_VERSIONS: tuple[tuple[Version, str], ...] = (
    ((10, 0, 26100), "Windows 11 24H2 or Server 2025"),
    ((10, 0, 22000), "Windows 11"),
    ((10, 0, 20348), "Windows Server 2022"),
    ((10, 0, 17763), "Windows 10 or Server 2019"),
    ((10, 0, 14393), "Windows 10 or Server 2016"),
    ((10, 0), "Windows 10"),
    ((6, 3), "Windows 8.1 or Server 2012 R2"),
    ((6, 2), "Windows 8 or Server 2012"),
    ((6, 1), "Windows 7 or Server 2008 R2"),
    ((6, 0), "Windows Vista or Server 2008"),
    ((5, 2), "Windows Server 2003"),
    ((5, 1), "Windows XP"),
    ((5, 0), "Windows 2000"),
)


def windows_name(version: Version) -> str | None:
    """The name of a Windows by its number; None for one before 2000."""
    return next((name for first, name in WINDOWS_VERSIONS if version >= first), None)
