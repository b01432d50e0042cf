// Package verifa is Verifa's public API on a [session.Engine]: a client that was written for Verifa
// (https://docs.withverifa.com) can talk to it, and its webhooks are Verifa's.
//
// # Endpoints
//
//	POST   /api/v1/sessions                                     creates a session
//	GET    /api/v1/sessions                                     lists sessions, newest first
//	GET    /api/v1/sessions/{id}                                where it stands, with its metadata, its tags and its review case
//	PATCH  /api/v1/sessions/{id}                                changes its reference, or merges its metadata
//	POST   /api/v1/sessions/{id}/tags                           gives it one more tag, up to 50
//	PUT    /api/v1/sessions/{id}/tags                           replaces its tags; of more than 50 the first are taken
//	POST   /api/v1/sessions/{id}/tags/remove                    takes one away
//	POST   /api/v1/sessions/{id}/generate-one-time-link         makes a link that is good for one visit; older ones are dead
//	GET    /api/v1/sessions/{id}/links                          lists its one-time links, newest first
//	POST   /api/v1/sessions/{id}/resume                         gives it new time and a new link
//	POST   /api/v1/sessions/{id}/resend-invite                  has the person invited again, at most five times
//	POST   /api/v1/sessions/{id}/expire                         ends it before its time
//	POST   /api/v1/sessions/{id}/documents                      uploads a document, a selfie or a proof of address; a newer one takes the place of an older one
//	GET    /api/v1/sessions/{id}/documents                      lists what was uploaded, the newest of each type, with links that are valid for a while
//	GET    /api/v1/sessions/{id}/documents/{type}               downloads a document by its signed link
//	POST   /api/v1/sessions/{id}/submit                         says that everything is uploaded
//	GET    /api/v1/sessions/{id}/result                         what was concluded
//	GET    /api/v1/results/{id}                                 the same, in another shape
//	GET    /api/v1/results                                      lists what was concluded, without personal data
//	GET    /api/v1/sessions/{id}/verifications                  lists the checks, of each the newest try
//	GET    /api/v1/sessions/{id}/risk                           how suspicious it is, and why
//	POST   /api/v1/sessions/{id}/reprocess                      has it decided again, by the workflow as it is now
//	POST   /api/v1/sessions/{id}/external-decision              answers at the gate where it waits for the customer's system
//	GET    /api/v1/sessions/{id}/workflow-run                   the run of its workflow, node by node
//	POST   /api/v1/sessions/{id}/workflow-run/resume            lets the run go on from a step
//	GET    /api/v1/workflows                                    lists workflows, newest first
//	POST   /api/v1/workflows                                    stores a workflow
//	GET    /api/v1/workflows/{id}                               a workflow as it is now
//	PATCH  /api/v1/workflows/{id}                               changes it, with a new version for what runs otherwise
//	GET    /api/v1/workflows/{id}/versions                      lists its versions, newest first
//	POST   /api/v1/workflows/{id}/set-default                   makes it the one of sessions that name none
//	POST   /api/v1/workflows/{id}/deactivate                    takes it out of use
//	POST   /api/v1/workflows/{id}/trigger                       has a session decided again by it
//	GET    /api/v1/verification-policies                        lists the checks that workflows may have
//	DELETE /api/v1/sessions/{id}/data                           erases everything about the person, for good
//	POST   /api/v1/sessions/bulk-redact                         the same of up to a hundred sessions
//	GET    /api/v1/sessions/{id}/export                         everything that is known about the person, as Article 15 of the GDPR gives a right to
//	POST   /api/v1/sessions/{id}/simulate                       takes a sandbox session to an outcome, with all events on the way
//	GET    /verify/{token}                                      what is to be captured; the first visit of a one-time link uses it up, and answers with a token of its own
//	POST   /verify/{token}/consent                              records that the person agrees
//	POST   /verify/{token}/document-type                        which document the person is going to show
//	POST   /verify/{token}/front                                the document's front
//	POST   /verify/{token}/back                                 its back
//	POST   /verify/{token}/selfie                               the person's face
//	POST   /verify/{token}/proof-of-address                     a paper that proves the person's address
//	POST   /verify/{token}/data                                 what the person has filled in, merged into what was given before; null takes away
//	POST   /verify/{token}/signals                              signs of fraud that the page has seen
//	POST   /verify/{token}/complete                             says that the capture is complete
//	POST   /verify/{token}/sandbox-outcome                      takes a sandbox session to the outcome that is chosen
//	GET    /api/v1/cases                                        lists sessions that were left to a human being, newest first
//	GET    /api/v1/cases/{id}                                   one case
//	POST   /api/v1/cases/{id}/claim                             gives a case to a reviewer, for 30 minutes
//	POST   /api/v1/cases/{id}/release                           gives it back
//	GET    /api/v1/cases/{id}/notes                             what reviewers wrote, oldest first
//	POST   /api/v1/cases/{id}/notes                             adds a note
//	POST   /api/v1/cases/{id}/approve                           approves the session
//	POST   /api/v1/cases/{id}/reject                            rejects it
//	GET    /api/v1/identities/{id}                              a person, by its id or by the external reference of its sessions
//	GET    /api/v1/identities/{id}/sessions                     lists a person's sessions, newest first
//	DELETE /api/v1/identities/{id}                              erases everything about a person from all sessions, for good
//	GET    /api/v1/identities/{id}/export                       everything that is known about a person, of all sessions
//	GET    /api/v1/webhooks/endpoints                           lists the endpoints of webhooks, newest first
//	POST   /api/v1/webhooks/endpoints                           adds an endpoint, whose secret is shown now and never again
//	GET    /api/v1/webhooks/endpoints/event-types               lists the events that there are
//	GET    /api/v1/webhooks/endpoints/{id}                      one endpoint
//	PATCH  /api/v1/webhooks/endpoints/{id}                      changes an endpoint, also to switch it off and on
//	DELETE /api/v1/webhooks/endpoints/{id}                      removes an endpoint
//	POST   /api/v1/webhooks/endpoints/{id}/rotate-secret        gives an endpoint another secret; the one before is of no use at once
//	POST   /api/v1/webhooks/endpoints/{id}/clone                adds an endpoint that is as another, with a secret of its own
//	POST   /api/v1/webhooks/endpoints/{id}/enable               switches on an endpoint that was switched off after ten deliveries in a row that were given up
//	POST   /api/v1/webhooks/endpoints/{id}/test                 sends a webhook at once, and says how that ended
//	GET    /api/v1/webhooks/endpoints/{id}/deliveries           lists what an endpoint was and is to be told, newest first
//	POST   /api/v1/webhooks/endpoints/{id}/replay               tells an endpoint again of everything from an event or a delivery on, `from`
//	POST   /api/v1/webhooks/deliveries/{id}/retry               makes a delivery again
//	GET    /api/v1/events                                       lists what was done, newest first, from the audit log
//	GET    /api/v1/events/{id}                                  one of them
//	GET    /api/v1/openapi.json                                 describes the API, in OpenAPI 3.1; needs no key
//
// # Who calls
//
// X-API-Key has the key, of which the server knows the SHA-256: [auth.APIKeys], which [Keys] keeps in the engine's
// store. A key is for one integration, live or of a sandbox; it has scopes, and may have an end, allowed addresses,
// allowed origins of pages, a version of the API and a casing. Whoever has no good key is answered 401, whatever is
// wrong with it; from where a request comes is what the connection says, and no header. What is another tenant's, of
// the other environment, or of another wire language is not there: the answer is byte for byte that of what does not
// exist, but for the counters of limits. A publishable key only creates sessions, from pages too, ten a minute.
//
// Below /verify/ the token in the path is the credential: that of a session's capture URL, which is good until the
// capture is complete, its time is over, or there is a newer one. The address of a document is signed, and good for
// [Config].LinkLife.
//
// # What is taken
//
// A request's names may be written in snake_case, camelCase or kebab-case: what counts is their letters and digits.
// Two members that mean the same are refused, and both are named. Metadata are the customer's, and their names are
// never changed in either direction; conditions of workflows ask for those of lower case letters, digits and _, and
// for no others. What a person fills in is merged as metadata are, member by member, whether it
// stands in fields or not; of its names those that conditions of workflows know (first_name, address.zip and so on) are
// kept in snake_case, and all others, as the customer's, as they came. JSON is taken without indulgence: no name twice,
// no NUL, at most 64 deep, at most 1 MiB. Members that are not known are refused, but in a creation, where they are
// passed over unless they stand in fields; there an envelope as
// JSON:API has it, {"data":{"attributes":{…}}}, may stand around the parameters, and they have further names, for
// clients of other platforms:
//
//	checks                 verifications, check_types
//	country                country_code, selected_country_code, address_country_code
//	external_ref           reference_id, account_reference_id, external_id, external_reference, client_reference_id, vendor_data
//	fields                 applicant, person, prefill, user
//	metadata               custom_metadata, meta, custom_data
//	redirect_url           redirect_uri, return_url, callback_url, success_url
//	workflow_id            template_id, inquiry_template_id, inquiry_template_version_id, verification_template_id
//	fields.date_of_birth   birthdate, dob
//	fields.email           email_address
//	fields.first_name      name_first, given_name
//	fields.last_name       name_last, family_name, surname
//	fields.middle_name     name_middle
//	fields.phone           phone_number
//	fields.ssn             social_security_number, identification_number
//	fields.address.city    address_city
//	fields.address.line1   address_street_1, street_1
//	fields.address.line2   address_street_2, street_2
//	fields.address.state   address_subdivision, subdivision
//	fields.address.zip     address_postal_code, postal_code, zip_code
//
// # What is answered
//
// Answers are in the casing that Key-Inflection asks for, else in that of the key, else in that of
// [Config].Inflection. A refusal is {"error":"not_found","detail":"Session not found.","status_code":404}, in
// snake_case always; what is wrong with members is a list of {"field","message"}, in the place of the sentence. The
// engine's errors never reach a client: what is not foreseen is one sentence to the client and its cause to
// [Config].Log.
//
// Every answer says in X-RateLimit-Limit, -Remaining and -Reset how much the caller may ask: a key by [Config].Plan,
// whoever has none by address. This is counted exactly, by this process alone. Creations are bounded by the
// integration's policy, over all processes, and tell of it in X-Quota-Limit, -Remaining and -Reset. [Policy] is what a
// plan means for an integration.
//
// Lists go by pages, newest first. The cursor that a page gives as next_cursor is stable: whatever is added meanwhile,
// what was there at the beginning is seen once. An offset goes up to 10,000, and totals are counted to 10,001.
//
// # Once
//
// A request with an Idempotency-Key has its effect once, and whoever repeats it within a day has the first answer
// again, with Idempotency-Replayed: true. The key is one within the API key, the method and the path. What the body
// means is compared, and not how it is written. The answer is remembered in the same write as the effect, and holds
// until the person's data are redacted: then it is 410. What was refused, or failed, is not remembered.
//
// # What the host is told
//
// [Renderer] writes Verifa's webhooks, in their flat form; [Retry] is when they are tried again, and
// [EndpointSecrets] has the secrets of endpoints, for the sender of package webhook. Endpoints are the customers' own,
// and kept by the engine.
//
// # Where it is mounted
//
// The handler works under any prefix that [http.StripPrefix] strips. It finds the prefix by comparing the path
// as it came (Request.RequestURI) with the path as it is, and writes it behind [Config].PublicURL into the
// addresses it gives out.
package verifa
