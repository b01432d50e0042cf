package webhook_test

import (
	"net/netip"
	"testing"

	"github.com/bonafide-idv/bonafide/httpadapter/webhook"
)

// addresses are those that need [webhook.Config].AllowPrivate, or that nothing opens.
var addresses = []struct {
	name, address string
	insider       bool // AllowPrivate opens it
}{
	{"private 10/8", "10.0.0.1", true},
	{"private 172.16/12, first", "172.16.0.1", true},
	{"private 172.16/12, last", "172.31.255.255", true},
	{"private 192.168/16", "192.168.1.1", true},
	{"loopback", "127.0.0.1", true},
	{"loopback, last", "127.255.255.254", true},
	{"loopback of IPv6", "::1", true},
	{"loopback, mapped", "::ffff:127.0.0.1", true},
	{"private, mapped", "::ffff:10.0.0.1", true},
	{"unique local", "fc00::1", true},
	{"unique local, usual", "fd12:3456:789a::1", true},

	{"this host", "0.0.0.0", false},
	{"this network", "0.1.2.3", false},
	{"carrier-grade NAT", "100.64.0.1", false},
	{"carrier-grade NAT, last", "100.127.255.255", false},
	{"metadata of Alibaba", "100.100.100.200", false},
	{"metadata", "169.254.169.254", false},
	{"link-local", "169.254.0.1", false},
	{"metadata of Azure", "168.63.129.16", false},
	{"protocols", "192.0.0.1", false},
	{"metadata of Oracle", "192.0.0.192", false},
	{"TEST-NET-1", "192.0.2.1", false},
	{"TEST-NET-2", "198.51.100.1", false},
	{"TEST-NET-3", "203.0.113.1", false},
	{"6to4 relays", "192.88.99.1", false},
	{"benchmarks", "198.18.0.1", false},
	{"benchmarks, last", "198.19.255.255", false},
	{"multicast", "224.0.0.1", false},
	{"multicast, last", "239.255.255.255", false},
	{"reserved", "240.0.0.1", false},
	{"broadcast", "255.255.255.255", false},

	{"unspecified", "::", false},
	{"link-local of IPv6", "fe80::1", false},
	{"site-local", "fec0::1", false},
	{"multicast of IPv6", "ff02::1", false},
	{"metadata, mapped", "::ffff:a9fe:a9fe", false},
	{"this host, mapped", "::ffff:0.0.0.0", false},
	{"metadata, compatible", "::a9fe:a9fe", false},
	{"loopback, translated", "64:ff9b::7f00:1", false},
	{"private, translated", "64:ff9b::a00:1", false},
	{"metadata, translated", "64:ff9b::a9fe:a9fe", false},
	{"translated of one network", "64:ff9b:1::1", false},
	{"loopback in 6to4", "2002:7f00:1::", false},
	{"public in 6to4", "2002:808:808::", false},
	{"Teredo", "2001::1", false},
	{"benchmarks of IPv6", "2001:2::1", false},
	{"ORCHID", "2001:20::1", false},
	{"documentation of IPv6", "2001:db8::1", false},
	{"documentation of IPv6, newer", "3fff::1", false},
	{"discard", "100::1", false},
	{"segment routing", "5f00::1", false},
	{"not given out", "4000::1", false},
	{"metadata of AWS", "fd00:ec2::254", false},
	{"metadata of Google", "fd20:ce::254", false},
}

// public are neighbours of the closed ranges, and what belongs to nobody's network.
var public = []string{
	"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
	"168.63.129.15", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.0",
	"192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "203.0.112.255", "203.0.114.0", "223.255.255.255",
	"2001:200::1", "2001:4860:4860::8888", "2606:4700::1111", "2a00::1", "3ffe::1", "::ffff:8.8.8.8", "64:ff9b::808:808",
}

func literal(scheme, address string) string {
	if netip.MustParseAddr(address).Is6() {
		address = "[" + address + "]"
	}
	return scheme + "://" + address + "/"
}

func TestCheckURLOfAddresses(t *testing.T) {
	t.Parallel()
	for _, row := range addresses {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			opened := " is a"
			if row.insider {
				opened = fine
			}
			checkURL(t, literal("https", row.address), false, " is a")
			checkURL(t, literal("http", row.address), false, scheme)
			checkURL(t, literal("https", row.address), true, opened)
			checkURL(t, literal("http", row.address), true, opened)
		})
	}
	for _, address := range public {
		t.Run("public "+address, func(t *testing.T) {
			t.Parallel()
			checkURL(t, literal("https", address), false, fine)
			checkURL(t, literal("https", address), true, fine)
			checkURL(t, literal("http", address), true, withoutTLS)
		})
	}
}

// The same addresses again, behind names that say nothing about them. Of those that AllowPrivate opens, the
// ones that are not of this machine are not connected to.
func TestDeliverToAddresses(t *testing.T) {
	t.Parallel()
	for _, row := range addresses {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			config := webhook.Config{Resolver: resolver(t, map[string][][]string{"receiver.example": always(row.address)})}
			expect(t, deliver(newSender(t, config), "https://receiver.example:8443/"), 0, webhook.NoteAddress)
			if row.insider {
				return
			}
			config.AllowPrivate = true
			expect(t, deliver(newSender(t, config), "https://receiver.example:8443/"), 0, webhook.NoteAddress)
			expect(t, deliver(newSender(t, config), "http://receiver.example:8443/"), 0, webhook.NoteAddress)
		})
	}
	for _, address := range public {
		t.Run("plain http to "+address, func(t *testing.T) {
			t.Parallel()
			sender := newSender(t, webhook.Config{
				AllowPrivate: true, Resolver: resolver(t, map[string][][]string{"receiver.example": always(address)}),
			})
			expect(t, deliver(sender, "http://receiver.example:8443/"), 0, webhook.NoteAddress)
		})
	}
}
