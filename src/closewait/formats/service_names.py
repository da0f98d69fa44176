"""Ports that dumps tell by name: the well-known TCP services.

From IANA's Service Name and Transport Protocol Port Number Registry. The last group is names that systems'
own `services` files add or spell differently; a name that is in neither keeps no number.
"""

from collections.abc import Mapping

SERVICE_PORTS: Mapping[str, int] = {
    # IANA, system ports (0 to 1023)
    "tcpmux": 1, "echo": 7, "discard": 9, "systat": 11, "daytime": 13, "qotd": 17, "chargen": 19,
    "ftp-data": 20, "ftp": 21, "ssh": 22, "telnet": 23, "smtp": 25, "time": 37, "nicname": 43, "tacacs": 49,
    "domain": 53, "gopher": 70, "finger": 79, "http": 80, "kerberos": 88, "iso-tsap": 102, "pop3": 110, "sunrpc": 111,
    "auth": 113, "nntp": 119, "ntp": 123, "epmap": 135, "netbios-ns": 137, "netbios-dgm": 138, "netbios-ssn": 139,
    "imap": 143, "snmp": 161, "snmptrap": 162, "xdmcp": 177, "bgp": 179, "irc": 194, "ldap": 389, "svrloc": 427,
    "https": 443, "microsoft-ds": 445, "kpasswd": 464, "submissions": 465, "isakmp": 500, "exec": 512, "login": 513,
    "shell": 514, "printer": 515, "afpovertcp": 548, "rtsp": 554, "nntps": 563, "submission": 587,
    "http-rpc-epmap": 593, "ipp": 631, "ldaps": 636, "rsync": 873, "domain-s": 853, "ftps-data": 989, "ftps": 990,
    "telnets": 992, "imaps": 993, "pop3s": 995,
    # IANA, user ports (1024 to 49151)
    "socks": 1080, "openvpn": 1194, "ms-sql-s": 1433, "ms-sql-m": 1434, "ncube-lm": 1521, "h323hostcall": 1720,
    "pptp": 1723, "mqtt": 1883, "cisco-sccp": 2000, "nfs": 2049, "docker": 2375, "docker-s": 2376,
    "etcd-client": 2379, "etcd-server": 2380, "ms-olap4": 2383, "ndl-aas": 3128, "msft-gc": 3268, "msft-gc-ssl": 3269,
    "mysql": 3306, "ms-wbt-server": 3389, "svn": 3690, "epmd": 4369, "ipsec-nat-t": 4500, "commplex-main": 5000,
    "commplex-link": 5001, "sip": 5060, "sips": 5061, "xmpp-client": 5222, "hpvirtgrp": 5223, "hpvroom": 5228,
    "xmpp-server": 5269, "stun": 3478, "stuns": 5349, "mdns": 5353, "llmnr": 5355, "hostmon": 5355, "postgresql": 5432,
    "rfb": 5900, "amqps": 5671, "amqp": 5672, "wsdapi": 5357, "couchdb": 5984, "wsman": 5985, "wsmans": 5986,
    "x11": 6000, "redis": 6379, "sane-port": 6566, "ircd": 6667, "ircs-u": 6697, "afs3-fileserver": 7000,
    "afs3-callback": 7001, "http-alt": 8080, "https-alt": 8443, "privoxy": 8118, "wap-wsp": 9200,
    "bacula-dir": 9101, "bacula-fd": 9102, "bacula-sd": 9103, "pdl-datastream": 9100, "git": 9418, "cslistener": 9000,
    "websm": 9090, "webmin": 10000, "zabbix-agent": 10050, "zabbix-trapper": 10051, "memcache": 11211, "db-lsp": 17500,
    "mongodb": 27017, "rmiregistry": 1099, "iscsi-target": 3260, "sieve": 4190, "radmin-port": 4899, "syslog-tls": 6514,
    "puppet": 8140,
    # Not IANA's: /etc/services of Debian and the BSDs, %SystemRoot%\system32\drivers\etc\services of Windows
    "www": 80, "webcache": 8080, "squid": 3128, "smtps": 465, "ssmtp": 465, "loc-srv": 135, "rtmp": 1935,
    "rpcbind": 111, "kerberos-sec": 88, "gss-http": 488, "pop-3": 110, "nameserver": 42, "imap2": 143, "cmd": 514,
    "ms-sql": 1433, "postgres": 5432, "munin": 4949, "vnc": 5900, "x11-1": 6001, "nrpe": 5666, "nut": 3493,
    "distcc": 3632, "jetdirect": 9100, "tproxy": 8081, "whois": 43, "ident": 113, "portmapper": 111,
}  # fmt: skip
