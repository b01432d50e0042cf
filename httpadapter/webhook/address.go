package webhook

import (
	"fmt"
	"net/netip"
)

// reach says who can get at an address, as far as its number tells.
type reach int

const (
	nobody  reach = iota // or nobody who should be sent webhooks: refused always
	insider              // whoever is in the same network or on the same machine: [Config].AllowPrivate
	anybody
)

type block struct {
	prefix netip.Prefix
	reach  reach
	is     string
}

// blocks are the ranges that differ, the first match being the one that holds, after the registries at
// https://www.iana.org/assignments/iana-ipv4-special-registry and
// https://www.iana.org/assignments/iana-ipv6-special-registry. Of IPv6 only 2000::/3 has been given out to the
// public, so that everything that is not in the table is closed.
var blocks = []block{
	{netip.MustParsePrefix("0.0.0.0/8"), nobody, "an address of no host"},
	{netip.MustParsePrefix("10.0.0.0/8"), insider, "a private address"},
	{netip.MustParsePrefix("100.64.0.0/10"), nobody, "an address of carrier-grade NAT"},
	{netip.MustParsePrefix("127.0.0.0/8"), insider, "a loopback address"},
	// Azure's host answers here:
	// https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
	{netip.MustParsePrefix("168.63.129.16/32"), nobody, "a cloud's metadata service"},
	{netip.MustParsePrefix("169.254.0.0/16"), nobody, "a link-local address"},
	{netip.MustParsePrefix("172.16.0.0/12"), insider, "a private address"},
	{netip.MustParsePrefix("192.0.0.0/24"), nobody, "an address of a protocol"},
	{netip.MustParsePrefix("192.0.2.0/24"), nobody, "an address for documentation"},
	{netip.MustParsePrefix("192.88.99.0/24"), nobody, "an address of 6to4"},
	{netip.MustParsePrefix("192.168.0.0/16"), insider, "a private address"},
	{netip.MustParsePrefix("198.18.0.0/15"), nobody, "an address for benchmarks"},
	{netip.MustParsePrefix("198.51.100.0/24"), nobody, "an address for documentation"},
	{netip.MustParsePrefix("203.0.113.0/24"), nobody, "an address for documentation"},
	{netip.MustParsePrefix("224.0.0.0/4"), nobody, "a multicast address"},
	{netip.MustParsePrefix("240.0.0.0/4"), nobody, "a reserved or broadcast address"},
	{netip.MustParsePrefix("0.0.0.0/0"), anybody, "a public address"},

	{netip.MustParsePrefix("::1/128"), insider, "a loopback address"},
	{netip.MustParsePrefix("2001::/23"), nobody, "an address of a protocol"}, // Teredo among them
	{netip.MustParsePrefix("2001:db8::/32"), nobody, "an address for documentation"},
	{netip.MustParsePrefix("2002::/16"), nobody, "an address of 6to4"},
	{netip.MustParsePrefix("3fff::/20"), nobody, "an address for documentation"},
	{netip.MustParsePrefix("2000::/3"), anybody, "a public address"},
	// The metadata services of AWS and Google have addresses that look like anybody's private ones:
	// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html and
	// https://cloud.google.com/compute/docs/metadata/querying-metadata
	{netip.MustParsePrefix("fd00:ec2::/32"), nobody, "a cloud's metadata service"},
	{netip.MustParsePrefix("fd20:ce::/32"), nobody, "a cloud's metadata service"},
	{netip.MustParsePrefix("fc00::/7"), insider, "a private address"},
	{netip.MustParsePrefix("fe80::/10"), nobody, "a link-local address"},
	{netip.MustParsePrefix("ff00::/8"), nobody, "a multicast address"},
	{netip.MustParsePrefix("::/0"), nobody, "an address outside of the public internet"},
}

// translated are IPv6's names of IPv4 addresses, which a network without IPv4 gives to every public receiver
// (RFC 6052).
var translated = netip.MustParsePrefix("64:ff9b::/96")

// objectionToAddress is the rule for addresses: it says in a few words why no webhook may go there, and nothing
// when one may.
func objectionToAddress(addr netip.Addr, plain, allowPrivate bool) string {
	if addr.Zone() != "" {
		return "an address with a zone belongs to one machine"
	}
	addr = addr.Unmap()
	b := blockOf(addr)
	if translated.Contains(addr) {
		bytes := addr.As16()
		b = blockOf(netip.AddrFrom4([4]byte(bytes[12:])))
		if b.reach == insider {
			b.reach = nobody // a translator is no part of the private network
		}
	}
	switch {
	case b.reach == nobody, b.reach == insider && !allowPrivate:
		return fmt.Sprintf("%s is %s", addr, b.is)
	case b.reach == anybody && plain:
		return fmt.Sprintf("%s is %s, and is sent nothing without TLS", addr, b.is)
	}
	return ""
}

func blockOf(addr netip.Addr) block {
	for _, b := range blocks {
		if b.prefix.Contains(addr) {
			return b
		}
	}
	return block{is: "no address"}
}
