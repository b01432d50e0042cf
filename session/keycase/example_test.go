package keycase_test

import (
	"fmt"

	"github.com/bonafide-idv/bonafide/session/keycase"
)

func ExampleAppend() {
	src := []byte(`{"vendorData": "4711", "person": {"firstName": "Imagina", "idNumber": null}, "metadata": {"cartID": 1.50}}`)
	out, err := keycase.Append(nil, src, keycase.Snake, "metadata")
	fmt.Println(string(out), err)

	_, err = keycase.Append(nil, []byte(`{"firstName": "Imagina", "first_name": "Another"}`), keycase.Snake)
	fmt.Println(err)
	// Output:
	// {"vendor_data": "4711", "person": {"first_name": "Imagina", "id_number": null}, "metadata": {"cartID": 1.50}} <nil>
	// keycase: byte 25: keys "firstName" and "first_name" of one object are one name
}

func ExampleAppendKey() {
	for _, key := range []string{"firstName", "USER_ID", "address_2", "URLPath", "__typename"} {
		snake := keycase.AppendKey(nil, key, keycase.Snake)
		camel := keycase.AppendKey(nil, key, keycase.Camel)
		kebab := keycase.AppendKey(nil, key, keycase.Kebab)
		fmt.Printf("%s %s %s\n", snake, camel, kebab)
	}
	// Output:
	// first_name firstName first-name
	// user_id userId user-id
	// address2 address2 address2
	// url_path urlPath url-path
	// __typename __typename --typename
}

func ExampleValid() {
	fmt.Println(keycase.Valid([]byte(`{"amount": 1e3}`)))
	fmt.Println(keycase.Valid([]byte(`{"amount": 01}`)))
	fmt.Println(keycase.Valid([]byte(`{"name": "\u0000"}`)))
	// Output:
	// <nil>
	// keycase: byte 12: invalid number
	// keycase: byte 10: NUL
}

func ExampleParseCase() {
	to, err := keycase.ParseCase("kebab")
	fmt.Println(to, err)
	// Output:
	// kebab <nil>
}
