/* See canonical.h. A letter and its mark are looked up in the list of what takes that mark; the
 * letter may itself be composed, as in Vietnamese. */
#include "engine/base/canonical.h"

#include <stdint.h>
#include <string.h>

/* pairs: composed, base, composed, base, ... */
static const struct {
    uint32_t mark;
    const char *pairs;
} marks[] = {
    /* clang-format off */
    {0x0300, "ÀAÈEÌIÒOÙUàaèeìiòoùuǛÜǜüǸNǹnЀЕЍИѐеѝиḔĒḕē"
             "ṐŌṑōẀWẁwẦÂầâẰĂằăỀÊềêỒÔồôỜƠờơỪƯừưỲYỳy"},
    {0x0301, "ÁAÉEÍIÓOÚUÝYáaéeíióoúuýyĆCćcĹLĺlŃNńnŔRŕr"
             "ŚSśsŹZźzǗÜǘüǴGǵgǺÅǻåǼÆǽæǾØǿø΅¨ΆΑΈΕΉΗΊΙΌΟ"
             "ΎΥΏΩΐϊάαέεήηίιΰϋόούυώωϓϒЃГЌКѓгќкḈÇḉçḖĒḗē"
             "ḮÏḯïḰKḱkḾMḿmṌÕṍõṒŌṓōṔPṕpṸŨṹũẂWẃwẤÂấâẮĂắă"
             "ẾÊếêỐÔốôỚƠớơỨƯứư"},
    {0x0302, "ÂAÊEÎIÔOÛUâaêeîiôoûuĈCĉcĜGĝgĤHĥhĴJĵjŜSŝs"
             "ŴWŵwŶYŷyẐZẑzẬẠậạỆẸệẹỘỌộọ"},
    {0x0303, "ÃAÑNÕOãañnõoĨIĩiŨUũuṼVṽvẪÂẫâẴĂẵăẼEẽeỄÊễê"
             "ỖÔỗôỠƠỡơỮƯữưỸYỹy"},
    {0x0304, "ĀAāaĒEēeĪIīiŌOōoŪUūuǕÜǖüǞÄǟäǠȦǡȧǢÆǣæǬǪǭǫ"
             "ȪÖȫöȬÕȭõȰȮȱȯȲYȳyӢИӣиӮУӯуḠGḡgḸḶḹḷṜṚṝṛ"},
    {0x0306, "ĂAăaĔEĕeĞGğgĬIĭiŎOŏoŬUŭuЎУЙИйиўуӁЖӂжӐАӑа"
             "ӖЕӗеḜȨḝȩẶẠặạ"},
    {0x0307, "ĊCċcĖEėeĠGġgİIŻZżzȦAȧaȮOȯoḂBḃbḊDḋdḞFḟfḢH"
             "ḣhṀMṁmṄNṅnṖPṗpṘRṙrṠSṡsṤŚṥśṦŠṧšṨṢṩṣṪTṫtẆW"
             "ẇwẊXẋxẎYẏyẛſ"},
    {0x0308, "ÄAËEÏIÖOÜUäaëeïiöoüuÿyŸYΪΙΫΥϊιϋυϔϒЁЕЇІёе"
             "їіӒАӓаӚӘӛәӜЖӝжӞЗӟзӤИӥиӦОӧоӪӨӫөӬЭӭэӰУӱуӴЧ"
             "ӵчӸЫӹыḦHḧhṎÕṏõṺŪṻūẄWẅwẌXẍxẗt"},
    {0x0309, "ẢAảaẨÂẩâẲĂẳăẺEẻeỂÊểêỈIỉiỎOỏoỔÔổôỞƠởơỦUủu"
             "ỬƯửưỶYỷy"},
    {0x030A, "ÅAåaŮUůuẘwẙy"},
    {0x030B, "ŐOőoŰUűuӲУӳу"},
    {0x030C, "ČCčcĎDďdĚEěeĽLľlŇNňnŘRřrŠSšsŤTťtŽZžzǍAǎa"
             "ǏIǐiǑOǒoǓUǔuǙÜǚüǦGǧgǨKǩkǮƷǯʒǰjȞHȟh"},
    {0x030F, "ȀAȁaȄEȅeȈIȉiȌOȍoȐRȑrȔUȕuѶѴѷѵ"},
    {0x0311, "ȂAȃaȆEȇeȊIȋiȎOȏoȒRȓrȖUȗu"},
    {0x031B, "ƠOơoƯUưu"},
    {0x0323, "ḄBḅbḌDḍdḤHḥhḲKḳkḶLḷlṂMṃmṆNṇnṚRṛrṢSṣsṬTṭt"
             "ṾVṿvẈWẉwẒZẓzẠAạaẸEẹeỊIịiỌOọoỢƠợơỤUụuỰƯựư"
             "ỴYỵy"},
    {0x0324, "ṲUṳu"},
    {0x0325, "ḀAḁa"},
    {0x0326, "ȘSșsȚTțt"},
    {0x0327, "ÇCçcĢGģgĶKķkĻLļlŅNņnŖRŗrŞSşsŢTţtȨEȩeḐDḑd"
             "ḨHḩh"},
    {0x0328, "ĄAąaĘEęeĮIįiŲUųuǪOǫo"},
    {0x032D, "ḒDḓdḘEḙeḼLḽlṊNṋnṰTṱtṶUṷu"},
    {0x032E, "ḪHḫh"},
    {0x0330, "ḚEḛeḬIḭiṴUṵu"},
    {0x0331, "ḆBḇbḎDḏdḴKḵkḺLḻlṈNṉnṞRṟrṮTṯtẔZẕzẖh"},
    {0x0653, "\u0622\u0627"},
    {0x0654, "\u0623\u0627\u0624\u0648\u0626\u064A\u06C0\u06D5\u06C2\u06C1\u06D3\u06D2"},
    {0x0655, "\u0625\u0627"},
    {0x093C, "\u0929\u0928\u0931\u0930\u0934\u0933\u0958\u0915\u0959\u0916\u095A\u0917\u095B\u091C\u095C\u0921\u095D\u0922\u095E\u092B\u095F\u092F"},
    {0x09BC, "\u09DC\u09A1\u09DD\u09A2\u09DF\u09AF"},
    {0x09BE, "\u09CB\u09C7"},
    {0x09D7, "\u09CC\u09C7"},
    {0x0A3C, "\u0A33\u0A32\u0A36\u0A38\u0A59\u0A16\u0A5A\u0A17\u0A5B\u0A1C\u0A5E\u0A2B"},
    {0x0B3C, "\u0B5C\u0B21\u0B5D\u0B22"},
    {0x0B3E, "\u0B4B\u0B47"},
    {0x0B56, "\u0B48\u0B47"},
    {0x0B57, "\u0B4C\u0B47"},
    {0x0BBE, "\u0BCA\u0BC6\u0BCB\u0BC7"},
    {0x0BD7, "\u0B94\u0B92\u0BCC\u0BC6"},
    {0x0C56, "\u0C48\u0C46"},
    {0x0CC2, "\u0CCA\u0CC6"},
    {0x0CD5, "\u0CC0\u0CBF\u0CC7\u0CC6\u0CCB\u0CCA"},
    {0x0CD6, "\u0CC8\u0CC6"},
    {0x0D3E, "\u0D4A\u0D46\u0D4B\u0D47"},
    {0x0D57, "\u0D4C\u0D46"},
    {0x0DCA, "\u0DDA\u0DD9\u0DDD\u0DDC"},
    {0x0DCF, "\u0DDC\u0DD9"},
    {0x0DDF, "\u0DDE\u0DD9"},
    {0x3099, "がかぎきぐくげけごこざさじしずすぜせぞそだたぢちづつでてどとばはびひぶふべへぼほ"
             "ゔうゞゝガカギキグクゲケゴコザサジシズスゼセゾソダタヂチヅツデテドトバハビヒブフ"
             "ベヘボホヴウヷワヸヰヹヱヺヲヾヽ"},
    {0x309A, "ぱはぴひぷふぺへぽほパハピヒプフペヘポホ"},
    /* clang-format on */
};

/* The code point at *text, which moves on. */
static uint32_t take(const char **text)
{
    const unsigned char *p = (const unsigned char *)*text;
    int more = *p < 0x80 ? 0 : *p < 0xe0 ? 1 : *p < 0xf0 ? 2 : 3;
    uint32_t code = more ? *p & (0x3fu >> more) : *p;
    for (int i = 1; i <= more && p[i]; i++) code = code << 6 | (p[i] & 0x3f);
    for (*text += 1; ((unsigned char)**text & 0xc0) == 0x80;) ++*text;
    return code;
}

static void put(fore_text *out, uint32_t code)
{
    if (code < 0x80) {
        fore_text_putc(out, (char)code);
        return;
    }
    int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    fore_text_putc(out, (char)(0xff << (7 - more) | code >> 6 * more));
    while (more-- > 0) fore_text_putc(out, (char)(0x80 | (code >> 6 * more & 0x3f)));
}

/* Base and mark of a composed letter. */
static bool parts_of(uint32_t code, uint32_t *base, uint32_t *mark)
{
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        for (const char *p = marks[i].pairs; *p;) {
            uint32_t composed = take(&p);
            *base = take(&p);
            *mark = marks[i].mark;
            if (composed == code) return true;
        }
    return false;
}

enum { NESTED_MOST = 4 };

/* The base of a letter; its marks, the outermost first. */
static uint32_t take_apart(uint32_t code, uint32_t mark[NESTED_MOST], int *count)
{
    uint32_t base;
    for (*count = 0; *count < NESTED_MOST && code >= 0x80 && parts_of(code, &base, &mark[*count]);
         ++*count)
        code = base;
    return code;
}

void fore_text_canonical(fore_text *out, const char *text)
{
    while (*text) {
        uint32_t mark[NESTED_MOST];
        int count;
        put(out, take_apart(take(&text), mark, &count));
        while (count > 0) put(out, mark[--count]);
    }
}

static bool is_space(uint32_t code)
{
    return code <= ' ' || code == 0xa0 || code == 0x200b || code == 0x202f || code == 0xfeff;
}

void fore_text_alike(fore_text *out, const char *text)
{
    while (*text) {
        uint32_t mark[NESTED_MOST], code;
        int count;
        code = take_apart(take(&text), mark, &count);
        if (is_space(code)) continue;
        put(out, code >= 'A' && code <= 'Z' ? code + ('a' - 'A') : code);
        while (count > 0) put(out, mark[--count]);
    }
}
