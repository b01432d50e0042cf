package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
)

// API keys and their secrets stand beside the sessions; the secrets are sealed.
func ExampleStore_Keyring() {
	_, store, cleanup := exampleStore()
	defer cleanup()
	ctx := context.Background()

	key := [32]byte{1, 2, 3} // In a server: 32 random bytes, kept apart from the database.
	keyring, err := store.Keyring(auth.NewVault(key))
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

// An order of the host's and the API key that was ordered are written together, or not at all.
func ExampleStore_Keyring_transaction() {
	db, store, cleanup := exampleStore()
	defer cleanup()
	ctx, vault := context.Background(), auth.NewVault([32]byte{1, 2, 3})
	keyring, err := store.Keyring(vault)
	if err != nil {
		log.Fatal(err)
	}
	credential := auth.Credential{
		APIKey: uuid.New(), Integration: uuid.New(), Active: true, Secrets: []*auth.Secret{auth.GenerateSecret()},
	}
	for _, end := range []func(*sql.Tx) error{(*sql.Tx).Rollback, (*sql.Tx).Commit} {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			log.Fatal(err)
		}
		within, err := store.Tx(tx).Keyring(vault)
		if err != nil {
			log.Fatal(err)
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO orders (name) VALUES ('an API key')")
		if err := errors.Join(err, within.Add(ctx, credential), end(tx)); err != nil {
			log.Fatal(err)
		}
		var orders int
		if err := db.QueryRowContext(ctx, "SELECT count(*) FROM orders").Scan(&orders); err != nil {
			log.Fatal(err)
		}
		_, err = keyring.ByKey(ctx, credential.APIKey)
		fmt.Printf("orders: %d, known: %v\n", orders, !errors.Is(err, auth.ErrUnknownKey))
	}
	// Output:
	// orders: 0, known: false
	// orders: 1, known: true
}
