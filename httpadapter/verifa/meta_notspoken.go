package verifa

// absent is something that the vendor's API has and this one does not.
type absent struct {
	what string
	page string // the vendor's, below its address
	why  string
}

// notSpoken is what the README says is missing. A request for it is answered as for any path that there is not, with
// 404.
var notSpoken = []absent{
	{"Cases: next, escalate, assign, metadata, extracted data, tab counts, search, check override, demo cases, decisions by two reviewers, additions to a blocklist",
		"core-concepts/cases", "a case is a session in review: it is listed, claimed, annotated and decided; whoever needs a desk with queues has one of their own"},
	{"Identities: list, create, update, search, audit log, tags, flags, merge, archive, monitoring",
		"core-concepts/identities", "an identity is what its sessions say, found by their external reference; it keeps nothing about the person of its own"},
	{"Workflows: analytics, drafts and their comparison", "core-concepts/workflows",
		"a workflow is stored as a whole, and every version is kept"},
	{"Mobile SDK: configuration, attestation, chip data", "integration-guides/mobile-sdk",
		"the endpoints serve the vendor's own apps"},
	{"Browser SDK, embed tokens and hosted capture pages", "integration-guides/java-script-sdk",
		"a team builds its own capture, on the endpoints below /verify/"},
	{"Lists of names, addresses, faces and devices", "core-concepts/lists",
		"a check of the host's own can look wherever it likes"},
	{"Checks without a session, batches of them, watchlists and their monitoring", "core-concepts/screening-reports",
		"screening belongs to a session here"},
	{"API keys and organizations", "api-reference/organizations",
		"administration is the host's: in Go, with Keys and session.Integrations"},
	{"The MCP server", "integration-guides/mcp-server", "an agent calls the API as any client does"},
	{"Consortium, quality assurance, and their events", "api-details/webhooks", "they are services of the vendor's, and not of an engine"},
	{"Events of documents, of escalations, and of an identity's tags, flags and archive", "api-details/webhooks",
		"an endpoint may ask for them, and they never come: nothing here leads to them"},
	{"The plain signature of webhooks of before 2026-04-17", "api-details/webhooks",
		"it lets whoever has seen a webhook send it again"},
}
