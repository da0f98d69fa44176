#!/bin/sh
# The system tools that the tests compare with, and the programs that tests/programs drives into trouble.
# As root on Debian they are installed; elsewhere they are named.
set -eu

missing=
need() {  # command, Debian package
	command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}
PATH="$PATH:/usr/sbin:/sbin:$(printf '%s:' /usr/lib/postgresql/*/bin)"
need ss iproute2
need ip iproute2
need nft nftables
need netstat net-tools
need busybox busybox
need lsof lsof
need conntrack conntrack
need nginx nginx
need haproxy haproxy
need socat socat
need redis-server redis-server
need postgres postgresql
need node nodejs
need javac default-jdk-headless
need promtool prometheus
need systemd-analyze systemd

[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
	echo "installing the Debian packages$missing" >&2
	# No server is started by its package: each test starts its own (deb-systemd-invoke(1p), invoke-rc.d(8)).
	policy=/usr/sbin/policy-rc.d
	if [ ! -e $policy ]; then
		trap 'rm -f $policy' EXIT
		printf '#!/bin/sh\nexit 101\n' >$policy
		chmod +x $policy
	fi
	apt-get update -qq
	# shellcheck disable=SC2086  # a list of words
	DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing >/dev/null
else
	echo "the tests compare closewait with tools, and look at programs, that are missing here." >&2
	echo "install:$missing   (on Debian: sudo apt-get install$missing)" >&2
	exit 1
fi
