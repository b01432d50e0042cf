package sqlstore_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

// API keys and their secrets stand beside the sessions; the secrets are sealed.
func ExampleKeyring() {
	db, _, cleanup := exampleStore()
	defer cleanup()
	ctx := context.Background()

	key := [32]byte{1, 2, 3} // In a server: 32 random bytes, kept apart from the database.
	keyring, err := sqlstore.NewKeyring(db, sqlstore.SQLite(), auth.NewVault(key))
	if err != nil {
		log.Fatal(err)
	}
	before, after := auth.GenerateSecret(), auth.GenerateSecret()
	credential := auth.Credential{
		APIKey: uuid.New(), Integration: uuid.New(), Active: true, Secrets: []*auth.Secret{before},
	}
	err = errors.Join(
		keyring.Add(ctx, credential),
		keyring.AddSecret(ctx, credential.Integration, after),
		keyring.SignWith(ctx, credential.Integration, after),
		keyring.RevokeSecret(ctx, credential.Integration, before),
	)
	if err != nil {
		log.Fatal(err)
	}
	found, err := keyring.ByKey(ctx, credential.APIKey)
	fmt.Println(len(found.Secrets), found.Signer().Equal(after), err)
	fmt.Println(errors.Is(keyring.Remove(ctx, uuid.New()), auth.ErrUnknownKey))
	// Output:
	// 1 true <nil>
	// true
}
