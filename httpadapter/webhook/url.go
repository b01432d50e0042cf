package webhook

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// ErrURL says that no webhook may be sent to a URL. The errors that wrap it say why, and nothing else, in words that
// can be shown to whoever entered it; of the URL they repeat nothing but an address or a port.
var ErrURL = errors.New("webhook: url not allowed")

// maxURL is the length, in bytes, of the longest URL that is looked at.
const maxURL = 2048

// CheckURL reports whether webhooks may be sent to the URL, and returns nil or an error that wraps [ErrURL] and
// says in a sentence what is wrong with its scheme, user, fragment, port or host. It is for the moment when a
// URL is configured; [Sender.Deliver] asks it too. It looks up no names, so nil does not mean that the host has
// an address, nor that it is one that may be connected to: that is checked when it is. The scheme is https, as
// Veriff has it (https://devdocs.veriff.com/docs/webhooks-guide); what allowPrivate adds is written at
// [Config].AllowPrivate.
func CheckURL(raw string, allowPrivate bool) error {
	if words := objectionToURL(raw, allowPrivate); words != "" {
		return objection(words)
	}
	return nil
}

// objection is a sentence that says why not.
type objection string

func (o objection) Error() string { return string(o) }

// Unwrap makes errors.Is(err, ErrURL) true.
func (o objection) Unwrap() error { return ErrURL }

func objectionToURL(raw string, allowPrivate bool) string {
	if len(raw) > maxURL {
		return fmt.Sprintf("it is longer than %d bytes", maxURL)
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil: // whose text repeats the URL, and a URL can hold a password
		return "it cannot be read as a URL"
	case u.Scheme != "https" && !allowPrivate:
		return "the scheme must be https"
	case u.Scheme != "https" && u.Scheme != "http":
		return "the scheme must be https, or http to a private address"
	case u.Host == "":
		return "it has no host"
	case u.User != nil:
		return "it must not hold a user or a password"
	case strings.Contains(raw, "#"):
		return "it must not have a fragment"
	}
	if words := objectionToPort(u); words != "" {
		return words
	}
	return objectionToHost(u, allowPrivate)
}

// closedPorts are ports above 1023 at which something listens that is not for the web, and that may obey what
// it is sent by its neighbours. Of those up to 1023 only 80 and 443 are for the web.
var closedPorts = []uint64{
	1080,             // SOCKS
	1433,             // SQL Server
	1521,             // Oracle
	1883,             // MQTT
	2049,             // NFS
	2181,             // ZooKeeper
	2375, 2376, 2377, // Docker
	2379, 2380, // etcd
	3128,       // Squid
	3306,       // MySQL
	3389,       // remote desktops
	5060, 5061, // SIP
	5432,       // PostgreSQL
	5672,       // AMQP
	5900,       // VNC
	5984,       // CouchDB
	6000,       // X11
	6379,       // Redis
	6443,       // Kubernetes
	6667,       // IRC
	8500,       // Consul
	9042,       // Cassandra
	9092,       // Kafka
	9200, 9300, // Elasticsearch
	10250, 10255, // kubelet
	11211, // memcached
	26379, // Redis Sentinel
	27017, // MongoDB
}

func objectionToPort(u *url.URL) string {
	text := u.Port()
	if text == "" && !strings.HasSuffix(u.Host, ":") {
		return ""
	}
	port, err := strconv.ParseUint(text, 10, 16)
	switch {
	case err != nil, text[0] == '0':
		return "the port must be a number between 1 and 65535"
	case port < 1024 && port != 80 && port != 443, slices.Contains(closedPorts, port):
		return fmt.Sprintf("port %d is not for the web", port)
	}
	return ""
}

func objectionToHost(u *url.URL, allowPrivate bool) string {
	host := strings.ToLower(u.Hostname())
	bracketed := strings.HasPrefix(u.Host, "[")
	addr, err := netip.ParseAddr(host)
	switch {
	case err == nil && addr.Is6() == bracketed:
		return objectionToAddress(addr, u.Scheme == "http", allowPrivate)
	case endsInNumber(host):
		return "a host of numbers must be an IPv4 address of four decimal numbers without leading zeros"
	case bracketed || !isName(host):
		return "the host must be a name of letters, digits and hyphens that does not end in a dot; " +
			"an international name is given in its punycode form (xn--)"
	}
	return objectionToName(host, allowPrivate)
}

// endsInNumber is how browsers and C libraries tell an IPv4 address, in whatever notation, from a name
// (https://url.spec.whatwg.org/#ends-in-a-number-checker).
func endsInNumber(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	if digits, ok := strings.CutPrefix(last, "0x"); ok {
		return strings.Trim(digits, "0123456789abcdef") == ""
	}
	return last != "" && strings.Trim(last, "0123456789") == ""
}

// metadataNames are where clouds tell a machine its passwords.
var metadataNames = []string{
	"metadata", "metadata.google.internal", "metadata.goog", "metadata.tencentyun.com",
	"instance-data", "instance-data.ec2.internal",
}

// privateNames end the names that mean something only in one network.
var privateNames = []string{
	"localhost", "localdomain", "local", "internal", "intranet", "private", "corp", "lan", "home", "home.arpa",
}

func objectionToName(host string, allowPrivate bool) string {
	switch {
	case isUnder(host, metadataNames):
		return "the host is a cloud's metadata service"
	case !allowPrivate && (!strings.Contains(host, ".") || isUnder(host, privateNames)):
		return "the host is a name of a private network"
	}
	return ""
}

// isName takes the underscore too, which the names of hosts may not have, and which many have.
func isName(host string) bool {
	if len(host) > 253 {
		return false
	}
	for label := range strings.SplitSeq(host, ".") {
		stray := strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_")
		if label == "" || len(label) > 63 || stray != "" || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
	}
	return true
}

func isUnder(host string, names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		return host == name || strings.HasSuffix(host, "."+name)
	})
}
