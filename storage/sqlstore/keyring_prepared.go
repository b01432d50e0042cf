package sqlstore

import (
	"bytes"
	"sync"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
)

// mostPrepared is the number of credentials whose secrets are kept prepared.
const mostPrepared = 4096

// sealedSecret is a live secret as the database has it.
type sealedSecret struct {
	id     uuid.UUID
	sealed []byte
}

// openedSecret is a secret and the bytes that it was opened from.
type openedSecret struct {
	sealed []byte
	secret *auth.Secret
}

// prepared keeps secrets that were opened: to open one, and to hash its key, costs more than to verify with it. It
// is only asked for secrets that were just read as live, and drops those of a credential that no longer are.
type prepared struct {
	vault *auth.Vault

	mu sync.Mutex
	// By credential and then by id, as they were sealed: what was moved to another credential's rows, or is no
	// longer sealed as it was, is not found here, and the vault refuses to open it.
	secrets map[uuid.UUID]map[uuid.UUID]openedSecret
}

func newPrepared(vault *auth.Vault) *prepared {
	return &prepared{vault: vault, secrets: make(map[uuid.UUID]map[uuid.UUID]openedSecret)}
}

// open gives the live secrets of a credential, in their order: the same one for the same id each time.
func (p *prepared) open(integration uuid.UUID, live []sealedSecret) ([]*auth.Secret, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	known := p.secrets[integration]
	opened := make([]*auth.Secret, len(live))
	missed := len(known) != len(live)
	for i, secret := range live {
		if before, ok := known[secret.id]; ok && bytes.Equal(before.sealed, secret.sealed) {
			opened[i] = before.secret
			continue
		}
		missed = true
		var err error
		if opened[i], err = p.vault.Open(secret.sealed, integration, secret.id); err != nil {
			return nil, err
		}
	}
	if missed {
		p.keep(integration, live, opened)
	}
	return opened, nil
}

func (p *prepared) keep(integration uuid.UUID, live []sealedSecret, opened []*auth.Secret) {
	if p.secrets[integration] == nil && len(p.secrets) == mostPrepared {
		for some := range p.secrets {
			delete(p.secrets, some)
			break
		}
	}
	kept := make(map[uuid.UUID]openedSecret, len(live))
	for i, secret := range live {
		kept[secret.id] = openedSecret{secret.sealed, opened[i]}
	}
	p.secrets[integration] = kept
}

// forget drops what is prepared of a credential.
func (p *prepared) forget(integration uuid.UUID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.secrets, integration)
}
