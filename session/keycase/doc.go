/*
Package keycase rewrites the keys of JSON objects in snake_case, camelCase or
kebab-case, as bytes: [Append] for a document, [AppendKey] for one key, [Valid]
for the same check without the writing. One wire language says vendor_data,
another vendorData; the rules behind them should know one name.

Nothing is decoded. Append copies a document and exchanges its keys on the way,
so numbers keep their digits, strings their escapes, and members their order.
A key with an escape is read for what it means, and written with the fewest
escapes. Two keys of an object that become one name would leave one of them
unread by some reader and not by another, so they are refused. Members whose
values are a customer's own, such as metadata, can be kept: their keys inside
stay as they are, and only the very same key twice is refused there.

# The word rule

A name is a list of words. Its spellings (first_name, firstName, first-name,
FirstName, FIRST_NAME, First-Name) are all that name, and each is turned into
each of the three cases in the same way. These rules find the words:

 1. "_" and "-" separate words, one like many. Before the first word and behind
    the last they belong to the name, each of them, as "_" in snake and camel
    and as "-" in kebab.
 2. A capital behind a lower-case letter starts a word; digits between the two
    change nothing. In a run of capitals only the last can start a word, and it
    does when a lower-case letter follows it directly.
 3. A digit starts no word. It belongs to the word before it, and a separator
    before it vanishes.
 4. The case of a word's first letter tells nothing, and a word of one letter
    forms one word with the one-letter words beside it. "One letter" means that
    no other follows directly: in a_b2c both a and b2c are such.
 5. Letters beyond ASCII count as digits do, and keep their case. (Unicode's
    cases are not all reversible: ß, İ, ǆ. And a name must not change when a
    new table of Unicode is compiled in.)
 6. All other characters (space, ".", "$", "@", ":", "/" and so on) stand
    between two names. They are kept, and each name is turned on its own.

Written as examples:

	as it comes                             snake                camel               kebab
	first_name, FirstName, FIRST_NAME       first_name           firstName           first-name
	userID, user-id, UserId                 user_id              userId              user-id
	URLPath, urlPath                        url_path             urlPath             url-path
	HTTPServer                              http_server          httpServer          http-server
	idNumber                                id_number            idNumber            id-number
	address_2, address2, ADDRESS_2          address2             address2            address2
	addressV4, address_v4                   address_v4           addressV4           address-v4
	v4Address, V4Address                    v4_address           v4Address           v4-address
	sha256Hash, SHA256Hash, sha_256_hash    sha256_hash          sha256Hash          sha256-hash
	eMail, e_mail, E_MAIL                   e_mail               eMail               e-mail
	a_b_c, aBC, ABC, abc                    abc                  abc                 abc
	pointXY, point_x_y, point_xy            point_xy             pointXy             point-xy
	line__one, line_one                     line_one             lineOne             line-one
	_id, _Id, -id                           _id                  _id                 -id
	__typename                              __typename           __typename          --typename
	prénomUsuel, prénom_usuel               prénom_usuel         prénomUsuel         prénom-usuel
	document.firstName, Document.FirstName  document.first_name  document.firstName  document.first-name
*/
package keycase
