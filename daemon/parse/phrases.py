"""How mail programs of many languages announce what they quote or pass on. Data only."""

from __future__ import annotations

ORIGINAL = frozenset(
    {
        "original message", "original mail", "original e-mail", "original email", "original text",
        "originalnachricht", "original-nachricht", "ursprüngliche nachricht",
        "originalmail", "original-mail", "message d'origine", "message original",
        "message initial", "mensaje original", "messaggio originale", "messaggio originario",
        "oorspronkelijk bericht", "origineel bericht", "wiadomość oryginalna",
        "oryginalna wiadomość", "mensagem original", "ursprungligt meddelande",
        "originalmeddelande", "oprindelig meddelelse", "original meddelelse",
        "opprinnelig melding", "alkuperäinen viesti", "neges wreiddiol", "y neges wreiddiol",
        "původní zpráva", "pôvodná správa", "eredeti üzenet", "mesajul original",
        "mesaj original", "orijinal mesaj", "исходное сообщение", "пересылаемое сообщение",
        "αρχικό μήνυμα", "originalus laiškas", "teachtaireacht bhunaidh",
        "原始邮件", "原始郵件", "元のメッセージ", "원본 메시지", "الرسالة الأصلية",
    },
)  # fmt: skip

FORWARDED = frozenset(
    {
        "forwarded message", "begin forwarded message", "forwarded mail", "forwarded email",
        "forwarded by", "start of forwarded message", "fwd", "weitergeleitete nachricht",
        "anfang der weitergeleiteten nachricht", "weitergeleitete mail",
        "message transféré", "début du message transféré", "début du message réexpédié",
        "message réexpédié", "mensaje reenviado", "inicio del mensaje reenviado",
        "messaggio inoltrato", "inizio messaggio inoltrato", "doorgestuurd bericht",
        "begin doorgestuurd bericht", "wiadomość przekazana", "przekazana wiadomość",
        "wiadomość przekazana dalej", "początek przekazywanej wiadomości",
        "mensagem encaminhada", "mensagem reencaminhada",
        "início da mensagem encaminhada", "início da mensagem reencaminhada",
        "vidarebefordrat meddelande", "vidarebefordrat brev",
        "videresendt meddelelse", "videresendt melding", "start på videresendt besked",
        "välitetty viesti", "neges a anfonwyd ymlaen", "neges wedi'i hanfon ymlaen",
        "přeposlaná zpráva", "továbbított üzenet", "mesaj redirecționat",
        "iletilen mesaj", "iletilmiş ileti", "пересланное сообщение",
        "προωθημένο μήνυμα", "转发邮件", "轉寄郵件", "転送されたメッセージ",
    },
)  # fmt: skip

FROM = frozenset(
    {
        "from", "von", "de", "da", "van", "od", "från", "fra", "o", "oddi wrth", "gan",
        "lähettäjä",
        "feladó", "de la", "kimden", "gönderen", "от", "від", "από", "nuo", "no", "saatja",
        "remitente", "expéditeur", "mittente", "afzender", "remetente", "absender", "nadawca",
        "发件人", "寄件者", "差出人", "보낸 사람", "من",
    },
)  # fmt: skip

SENT = frozenset(
    {
        "sent", "date", "gesendet", "datum", "envoyé", "enviado", "enviado el", "enviada em",
        "enviado em", "fecha", "data", "inviato", "verzonden", "verstuurd", "wysłano",
        "data wysłania", "skickat", "skickades", "sendt", "dato", "anfonwyd", "dyddiad",
        "lähetetty", "päivämäärä", "odesláno", "elküldve", "küldve", "dátum", "trimis",
        "gönderildi", "tarih",
        "отправлено", "дата", "надіслано", "στάλθηκε", "ημερομηνία", "išsiųsta", "sent at",
        "date sent", "sent on", "received", "发送时间", "日期", "寄件日期", "送信日時", "日時",
        "보낸 날짜", "تاريخ",
    },
)  # fmt: skip

TO = frozenset(
    {
        "to", "an", "à", "para", "a", "aan", "do", "till", "til", "at", "i", "vastaanottaja",
        "komu", "címzett", "către", "kime", "al\u0131c\u0131", "кому", "προς", "kam",
        "destinatario",
        "destinataire", "destinatário", "ontvanger", "odbiorca", "empfänger", "per",
        "收件人", "收件者", "宛先", "받는 사람", "إلى",
    },
)  # fmt: skip

SUBJECT = frozenset(
    {
        "subject", "re", "betreff", "objet", "asunto", "oggetto", "onderwerp", "temat", "assunto",
        "ämne", "emne", "pwnc", "testun", "aihe", "předmět", "predmet", "tárgy", "subiect",
        "konu",
        "тема", "θέμα", "tema", "ábhar", "subjekt", "主题", "主旨", "件名", "제목", "الموضوع",
    },
)  # fmt: skip

WROTE = (
    "wrote", "writes", "said", "has written", "schrieb", "schreibt", "hat geschrieben",
    "a écrit", "écrit", "escribió", "escribio", "ha escrit", "ha scritto", "scrive", "scriveva",
    "schreef", "geschreven", "escreveu", "skrev", "skriver", "pisze", "napisał", "napisała",
    "napisał(a)", "napisal", "napsal", "napísal", "kirjoitti", "írta", "a scris", "yazd\u0131",
    "şunu",
    "писал", "написал", "пише", "написав", "έγραψε", "ysgrifennodd", "scríobh", "scriobh", "rašė",
    "写道", "寫道", "書きました", "작성", "كتب",
)  # fmt: skip

STARTS = (
    "on ", "am ", "le ", "el ", "il ", "op ", "em ", "den ", "dnia ", "w dniu ", "på ", "pe ",
    "ar ", "tir ", "dana ", "dne ", "dňa ", "v ", "в ", "vào ", "στις ", "at ", "a ", "lør ",
    "man.", "tirs", "ons", "tors", "fre", "søn", "lun", "mar", "mer", "jeu", "ven", "sam", "dim",
    "mié", "jue", "vie", "sáb", "dom", "seg", "ter", "qua", "qui", "sex", "mon", "tue", "wed",
    "thu", "fri", "sat", "sun", "mo", "di", "mi", "do", "so",
)  # fmt: skip

FORWARD_PREFIXES = (
    "fw:", "fwd:", "fwd ", "wg:", "tr:", "rv:", "i:", "pd:", "enc:", "vb:", "vs:", "doorst:",
    "fs:",
    "továbbítás:", "ynt:", "ymlaen:", "转发:", "轉寄:",
)  # fmt: skip
