package watchlist

import "strings"

// equivalents has the forms of one given name on each line, the full form first. A form stands on one line only,
// the likeliest: Alex is of Alexander. The table is small, and for names as they are written in English.
const equivalents = `
abraham abe avraham ibrahim
albert bert al
alexander alex alec sandy sasha aleksandr alexandre alejandro
alfred alf alfie fred
andrew andy drew andrei andrey andreas andre andres
anthony tony antonio anton
arthur art
barbara barb babs
benjamin ben benny
bernard bernie
catherine katherine kathryn kate katie kathy cathy ekaterina katarina catarina
charles charlie chuck carlos karl carlo
christopher chris kit
daniel dan danny
david dave davey dawid
deborah deb debbie
dmitry dmitri dima
donald don donnie
dorothy dot dottie
edward ed eddie ned ted eduardo
elizabeth liz lizzie beth betty eliza elisabeth elisabet
eugene gene evgeny yevgeny
frances fran fanny francesca
francis frank frankie francisco francesco francois pancho
gabriel gabe
george georgie jorge georg georgy yuri
gerald gerry
gregory greg grigory
harold hal
helen nell nellie elena helena
henry harry hank enrique heinrich
isaac ike
jacob jake
james jim jimmy jamie diego jaime
jennifer jen jenny
joan joanna joanne johanna
john johnny jack ivan juan jean jan johann giovanni sean
joseph joe joey jose josef giuseppe yusuf yosef
joshua josh
judith judy
kenneth ken kenny
lawrence larry laurence lorenzo
leonard len lenny leonid
louis lewis lou luis ludwig luigi
margaret maggie meg peggy marge margarita
maria mary marie mariya
mark marc marcus marco marcos
martha marty
matthew matt matteo mateo matvei
michael mike mick mikhail miguel michel mickey michal
mohammed mohamed muhammad mohammad muhammed mohamad mehmet
nathaniel nate nathan
nicholas nick nicky nikolai nikolay nicolas klaus
oliver ollie
pamela pam
patricia pat patty trish
patrick paddy
paul pablo pavel paolo pawel
peter pete pedro pyotr petr pierre piotr
philip phil phillip felipe philippe
raymond ray
rebecca becky becca
richard rick ricky dick rich ricardo
robert rob bob bobby robbie roberto
ronald ron ronnie
samuel sam sammy
sarah sara sally
sergei sergey serge sergio
simon simeon
sophia sofia sophie
stephen steven steve stefan esteban stephan stepan
susan sue susie suzanne susanna
theodore theo teddy fyodor
theresa teresa terry tess
thomas tom tommy tomas
timothy tim timmy
valentine valentin val
victoria vicky vicki
vincent vince vinny vicente
vladimir volodymyr vova
walter walt wally
william bill billy will willy liam wilhelm guillermo
yousef yusef youssef
`

// fullForms has the full form of every name of the table.
var fullForms = func() map[string]string {
	forms := map[string]string{}
	for line := range strings.Lines(equivalents) {
		names := strings.Fields(line)
		for _, name := range names {
			forms[name] = names[0]
		}
	}
	return forms
}()

// fullForm is the full form of a given name; a word that is none is its own.
func fullForm(word string) string {
	if full, ok := fullForms[word]; ok {
		return full
	}
	return word
}
