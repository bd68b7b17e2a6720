"""Mails as machines and people write them, for the tests of what is set aside: ours, all of them.

Of machines that follow no standard: none has a header that says what it is.
"""

# ruff: noqa: RUF001  other scripts are what it is about

from __future__ import annotations

Mail = tuple[str, str, str, tuple[tuple[str, str], ...]]
"""From, Subject, text, and further headers."""

REPORTS: tuple[Mail, ...] = (
    (
        "postmaster@163.example",
        "系统退信/Systems bounce",
        (
            "抱歉，您的邮件被退回来了……\n"
            "原邮件信息: 时间 2026-11-26 主题 We have your message 收件人 jo@163.example\n"
            "退信原因: 550 User not found: jo@163.example\n"
            "The recipient's address does not exist."
        ),
        (),
    ),
    (
        "Mail Delivery Subsystem <MAILER-DAEMON@aol.example>",
        "Returned mail: see transcript for details",
        (
            "The original message was received at Thu, 26 Nov 2026 05:00:00 -0500\n"
            "\n"
            "   ----- The following addresses had permanent fatal errors -----\n"
            "<jo@aol.example>\n"
            "\n"
            "   ----- Transcript of session follows -----\n"
            "... while talking to air.aol.example.:\n"
            ">>> RCPT To:<jo@aol.example>\n"
            "<<< 550 MAILBOX NOT FOUND"
        ),
        (),
    ),
    (
        "Microsoft Outlook <postmaster@outlook.example>",
        "غير قابل للتسليم: We have your message",
        ("تعذر تسليم رسالتك إلى المستلمين التاليين. 550 5.1.10 RESOLVER.ADR.RecipientNotFound"),
        (),
    ),
    (
        "Postmaster <postmaster@seznam.example>",
        "Nedoručitelná zpráva",
        "Vaši zprávu se nepodařilo doručit příjemci jo@seznam.example.",
        (),
    ),
    (
        "Postmaster@domino.example",
        "DELIVERY FAILURE: User jo (jo@domino.example) not listed in Domino Directory",
        (
            "Your message\n"
            "\n"
            "  Subject: We have your message\n"
            "\n"
            "was not delivered to:\n"
            "\n"
            "  jo@domino.example\n"
            "\n"
            "because:\n"
            "\n"
            "  User jo (jo@domino.example) not listed in Domino Directory"
        ),
        (),
    ),
    (
        "System Administrator <postmaster@trust.example>",
        "Undeliverable:We have your message",
        (
            "Your message\n"
            "\n"
            "  To:      jo@trust.example\n"
            "  Subject: We have your message\n"
            "  Sent:    Thu, 26 Nov 2026 10:00:00 -0000\n"
            "\n"
            "did not reach the following recipient(s):\n"
            "\n"
            "jo@trust.example on Thu, 26 Nov 2026 10:00:00 -0000\n"
            "    The recipient name is not recognized\n"
            "\tThe MTS-ID of the original message is: c=gb;a= ;p=trust;l=X"
        ),
        (),
    ),
    (
        "Mail Delivery System <Mailer-Daemon@host.example>",
        "Mail delivery failed: returning message to sender",
        (
            "This message was created automatically by mail delivery software.\n"
            "\n"
            "A message that you sent could not be delivered to one or more of its\n"
            "recipients. This is a permanent error. The following address(es) "
            "failed:\n"
            "\n"
            "  jo@example.org\n"
            "    Unrouteable address"
        ),
        (),
    ),
    (
        "Mail Delivery Subsystem <MAILER-DAEMON@relay.example>",
        "Warning: could not send message for past 4 hours",
        (
            "**********************************************\n"
            "**      THIS IS A WARNING MESSAGE ONLY      **\n"
            "**  YOU DO NOT NEED TO RESEND YOUR MESSAGE  **\n"
            "**********************************************"
        ),
        (),
    ),
    (
        "Mail Administrator <Postmaster@isp.example>",
        "Mail System Error - Returned Mail",
        (
            "This Message was undeliverable due to the following reason:\n"
            "\n"
            "Each of the following recipients was rejected by a remote mail "
            "server.\n"
            "\n"
            "    Recipient: <jo@isp.example>\n"
            "    Reason:    unknown user"
        ),
        (),
    ),
    (
        "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
        "Delivery Status Notification (Failure)",
        (
            "** Address not found **\n"
            "\n"
            "Your message wasn't delivered to jo@gmail.example because the address "
            "couldn't be found, or is unable to receive mail.\n"
            "\n"
            "Learn more here: https://support.google.example/mail/?p=NoSuchUser"
        ),
        (),
    ),
    (
        "Google Groups <groups-noreply@google.example>",
        "Undeliverable: posting failed",
        ("You are not allowed to post to the group. Your message was not delivered."),
        (),
    ),
    (
        "jo@council.example",
        "Message status - undeliverable",
        ("The message that you sent was undeliverable to the following:\n\tjo (user not found)"),
        (),
    ),
    (
        "Postmaster <postmaster@freemail.example>",
        "Kézbesíthetetlen: We have your message",
        ("Az üzenetet nem sikerült kézbesíteni a következő címzettnek: jo@freemail.example"),
        (),
    ),
    (
        "Mail Delivery System <MAILER-DAEMON@icloud.example>",
        "Undeliverable message",
        (
            "Your message could not be delivered to the following recipient: "
            "jo@icloud.example. Mailbox does not exist"
        ),
        (),
    ),
    (
        "Mail Delivery Subsystem <MAILER-DAEMON@docomo.example>",
        "Mail System Error - Returned Mail",
        (
            "次のあて先へのメッセージはエラーのため送信できませんでした。\n"
            "送信先メールアドレスが見つかりませんでした。"
        ),
        (),
    ),
    (
        "Mail Delivery System <Mailer-Daemon@kundenserver.example>",
        "Mail delivery failed: returning message to sender",
        (
            "A message that you sent could not be delivered to one or more of\n"
            "its recipients. This is a permanent error."
        ),
        (),
    ),
    (
        "Postmaster <postmaster@trust.nhs.example>",
        "[Postmaster] Email Delivery Failure",
        (
            "This is a message from Mimecast.\n"
            "An email you sent to the following recipients could not be delivered:\n"
            "The email address you entered couldn't be found. Please check the "
            "recipient's email address"
        ),
        (),
    ),
    (
        "MIMECAST <postmaster@mimecast.example>",
        "Message on hold: We have your message",
        (
            "You recently sent a message that is on hold by the recipient's email "
            "administrator until it is released. It has not been delivered."
        ),
        (),
    ),
    (
        "Account Services <accounts@freeisp.example>",
        "Account closed",
        ("The account jo@freeisp.example is no longer active. Your message was not delivered."),
        (),
    ),
    (
        "Mail Router <router@isp.example>",
        "Mail could not be sent",
        ("Unable to deliver message to <jo@isp.example>. Error 550: recipient rejected."),
        (),
    ),
    (
        "",
        "Undelivered Mail Returned to Sender",
        (
            "This is the mail system at host mx.example.\n"
            "I'm sorry to have to inform you that your message could not be "
            "delivered"
        ),
        (),
    ),
    (
        "Mail Delivery Service <postmaster@orange.example>",
        "Votre message n’a pas pu être remis",
        (
            "Bonjour,\n"
            "Votre message adressé à jo@orange.example n'a pas pu être remis. "
            "L'adresse du destinataire est inconnue."
        ),
        (),
    ),
    (
        "Mail Delivery System <MAILER-DAEMON@onet.example>",
        "Zwrot: nie można doręczyć wiadomości",
        (
            "Twoja wiadomość nie mogła zostać doręczona do: jo@onet.example. "
            "Powód: 550 brak użytkownika"
        ),
        (),
    ),
    (
        "postmaster@pphosted.example",
        "Undeliverable: We have your message",
        (
            "Your message was rejected due to the recipient's policy. 550 5.7.0 "
            "Local Policy Violation"
        ),
        (),
    ),
    (
        "MAILER-DAEMON@mx.example.org",
        "failure notice",
        (
            "Hi. This is the qmail-send program at mx.example.org.\n"
            "I'm afraid I wasn't able to deliver your message to the following "
            "addresses.\n"
            "This is a permanent error; I've given up. Sorry it didn't work out.\n"
            "\n"
            "<jo@example.org>:\n"
            "Sorry, no mailbox here by that name. (#5.1.1)\n"
            "\n"
            "--- Below this line is a copy of the message.\n"
            "\n"
            "Return-Path: <returns@ombudsman.example>\n"
            "Subject: We have your message"
        ),
        (),
    ),
    (
        "PostMaster@qq.example",
        "来自qq.com的退信",
        (
            "很抱歉您发送的邮件被退回，以下是该邮件的相关信息：\n"
            "被退回邮件 主题：We have your message\n"
            "无法发送到 jo@qq.example\n"
            "退信原因 收件人邮件地址（jo@qq.example）不存在，邮件无法送达。\n"
            "host mx3.qq.example said: 550 Mailbox not found."
        ),
        (),
    ),
    (
        "jo@small.example",
        "Mailbox full",
        (
            "Your message to jo@small.example was not accepted because the user's "
            "mailbox is full (over quota). Please try again later."
        ),
        (),
    ),
    (
        "Mail.Ru <mailer-daemon@corp.mail.example>",
        "Сообщение не доставлено",
        (
            "Это письмо создано автоматически сервером. Ваше письмо не было "
            "доставлено: jo@mail.example"
        ),
        (),
    ),
    (
        "Amazon SES <no-reply-aws@amazon.example>",
        "Delivery Status Notification (Failure)",
        (
            "An error occurred while trying to deliver the mail to the following "
            "recipients:\n"
            "jo@example.org"
        ),
        (),
    ),
    (
        '"Barracuda Spam Firewall" <noreply@barracuda.example>',
        "**Message you sent blocked by our bulk email filter**",
        (
            "Your message to: jo@school.example\n"
            "was blocked by our Spam Firewall. The email you sent with the "
            "following subject has NOT BEEN DELIVERED:\n"
            "Subject: We have your message"
        ),
        (),
    ),
    (
        "Mail Delivery System <mailer-daemon@t-online.example>",
        "Ihre E-Mail konnte nicht zugestellt werden",
        (
            "Ihre Nachricht an jo@t-online.example konnte leider nicht zugestellt "
            "werden. Das Postfach ist voll."
        ),
        (),
    ),
    (
        "Microsoft Outlook <MicrosoftExchange329@office.example>",
        "Teslim Edilemedi: We have your message",
        "Bu kişilere veya gruplara teslim başarısız oldu: jo@office.example",
        (),
    ),
    (
        "MailScanner <mailscanner@gp.example>",
        "E-mail not delivered",
        (
            "Our virus detector has just been triggered by a message you sent:-\n"
            "  To: jo@gp.example\n"
            "  Subject: We have your message\n"
            "The message was not delivered."
        ),
        (),
    ),
    (
        "MAILER-DAEMON@yahoo.example",
        "Delivery failure",
        (
            "Sorry, we were unable to deliver your message to the following "
            "address.\n"
            "<jo@yahoo.example>:\n"
            "554: delivery error: dd This user doesn't have a yahoo.example account"
        ),
        (),
    ),
    (
        "Postmaster@trust.example",
        "Undeliverable",
        (
            "Delivery has failed to these recipients or groups:\n"
            "\n"
            "jo@trust.example\n"
            "The email address you entered couldn't be found."
        ),
        (),
    ),
    (
        "Compuserve Postmaster <auto.reply@compuserve.example>",
        "Undeliverable message",
        (
            "Your message could not be delivered for the following reason: Mailbox "
            "1234 is currently full"
        ),
        (),
    ),
    (
        "AutoDelivery <delivery@sw.example>",
        "E-mail delivery problem",
        "We could not deliver your mail to jo. User has exceeded quota.",
        (),
    ),
    (
        "postmaster@mail.hotmail.example",
        "Delivery Status Notification (Failure)",
        (
            "This is an automatically generated Delivery Status Notification.\n"
            "\n"
            "Delivery to the following recipients failed.\n"
            "\n"
            "       jo@hotmail.example"
        ),
        (),
    ),
    (
        '"Postmaster" <postmaster@cs.example>',
        "Nondeliverable mail",
        (
            "------Transcript of session follows -------\n"
            "jo@cs.example\n"
            "The user's email name is not found."
        ),
        (),
    ),
    (
        "Mail Delivery Subsystem <mailer@nl.example>",
        "Returned mail: User unknown",
        (
            "The original message was received at Thu\n"
            "\n"
            "   ----- The following addresses had delivery problems -----\n"
            "jo@nl.example  (unrecoverable error)"
        ),
        (),
    ),
    (
        "SMTP agent <smtp@uni.example>",
        "Mail failure",
        (
            "Your message was not delivered to: jo@uni.example for the following "
            "reason:\n"
            "Unknown user."
        ),
        (),
    ),
    (
        "listserv <listserv@uni.example>",
        "Rejected posting to CASE@uni.example",
        (
            "You are not authorized to send mail to the CASE list from your "
            "address. Your message is being returned to you unprocessed."
        ),
        (),
    ),
    (
        '"Symantec Mail Security" <sms@firm.example>',
        "Symantec AntiVirus detected a violation",
        "The message you sent was blocked. Subject: We have your message",
        (),
    ),
    (
        "administrator@firm.example",
        "Content violation",
        (
            "The e-mail you sent violated our policy and has been quarantined. "
            "Recipient: jo@firm.example"
        ),
        (),
    ),
    (
        "Lotus Notes <notes@firm.example>",
        "REPORT ON FAILED DELIVERY OF MESSAGE",
        ("Delivery of the message to the recipient jo failed. Reason: user not in directory"),
        (),
    ),
)

AUTOMATIC: tuple[Mail, ...] = (
    (
        "Customer Services <customer.services@council.example>",
        "Customer Services Acknowledgement",
        (
            "Thank you for your email which has been received by Customer "
            "Services. We aim to respond to all emails within 10 working days."
        ),
        (),
    ),
    (
        "FOI <foi@trust.example>",
        "FOI acknowledgement",
        (
            "Thank you for your request for information which is being dealt with "
            "under the FOI Act. This is an automatic acknowledgement. You will "
            "receive a response within 20 working days."
        ),
        (),
    ),
    (
        "Boxbe Waiting List <waitinglist@boxbe.example>",
        "We have your message (Action Required)",
        (
            'Hello, your message about "We have your message" was waitlisted. '
            "Please add yourself to my Guest List so your messages will be "
            "delivered to my Inbox. Use the link below."
        ),
        (),
    ),
    (
        "info@shop.example",
        "Thanks for your mail",
        (
            "We received your mail and we will get back to you as soon as "
            "possible. This is an autoresponder."
        ),
        (),
    ),
    (
        "Jo <jo@cyngor.example>",
        "Ateb awtomatig: We have your message",
        "Rwyf allan o'r swyddfa tan 7 Rhagfyr.",
        (),
    ),
    (
        "Jo <jo@firma.example>",
        "Abwesenheitsnotiz: We have your message",
        "Ich bin bis 7. Dezember nicht im Büro.",
        (),
    ),
    (
        "Jo <jo@firma.example>",
        "Re: We have your message",
        ("Estoy de vacaciones hasta el 7 de diciembre. Para cualquier urgencia contacte con Ana."),
        (),
    ),
    (
        "Jo <jo@firme.example>",
        "Réponse automatique : We have your message",
        "Je suis absent jusqu'au 7 décembre.",
        (),
    ),
    (
        "Reception <reception@surgery.nhs.example>",
        "Re: records",
        (
            "This inbox is not monitored out of hours. If you need urgent medical "
            "help call 111. We will reply within two working days."
        ),
        (),
    ),
    (
        "Jo <jo@ditta.example>",
        "Risposta automatica: We have your message",
        "Sarò assente fino al 7 dicembre.",
        (),
    ),
    (
        "JIRA <jira@supplier.example>",
        "[JIRA] (CASE-12) Printer update",
        (
            "Sam commented on CASE-12. This message was sent by Atlassian Jira "
            "(v8). Manage notification settings."
        ),
        (),
    ),
    (
        "Jo <jo@council.example>",
        "Re: Case update",
        (
            "Jo Smith no longer works for Example Council. Please redirect your "
            "email to complaints@council.example"
        ),
        (),
    ),
    (
        "Jo <jo@council.example>",
        "Re: Case update",
        (
            "I am currently on maternity leave and will not be checking my emails. "
            "Please contact Team Inbox team@council.example."
        ),
        (),
    ),
    (
        "The King's Fund <enews@kingsfund.example>",
        "Weekly update: winter pressures",
        (
            "View in browser\n"
            "This week: winter pressures...\n"
            "You are receiving this email because you signed up. Unsubscribe here."
        ),
        (),
    ),
    (
        "Jo <jo@firma.example>",
        "Automatisch antwoord: We have your message",
        "Ik ben afwezig tot 7 december.",
        (),
    ),
    (
        "Jo Smith <jo.smith@trust.nhs.example>",
        "Out of Office",
        (
            "I am out of the office until Monday 30 November. For urgent matters "
            "please contact Sam on 0113 000000."
        ),
        (),
    ),
    (
        "Jo Smith <jo.smith@trust.nhs.example>",
        "Re: We have your message",
        (
            "Thank you for your email. I am away from the office with no access to "
            "email, back on 7 December 2026. If your query is urgent please "
            "contact reception@trust.nhs.example."
        ),
        (),
    ),
    (
        "Jo <jo@council.example>",
        "RE: Your letter",
        (
            "Hi, I work Tuesday to Thursday only and will respond to your email on "
            "my next working day.\n"
            "\n"
            "Kind regards\n"
            "Jo"
        ),
        (),
    ),
    (
        "Jo Smith <jo.smith@trust.nhs.example>",
        "Automatic reply: We have your message: our reference PH-EXAM-PLE0",
        ("Thank you for your email. I am now on annual leave returning 7 December."),
        (),
    ),
    (
        "PALS <pals@trust.example>",
        "[Ticket#2026112610000017] We have your message",
        (
            "Thank you for contacting PALS. Your email has been received and given "
            "the ticket number 2026112610000017. We aim to respond in 5 working "
            "days. This is an automated message, please do not reply."
        ),
        (),
    ),
    (
        "Jo <jo@firma.example>",
        "Resposta automática: We have your message",
        "Estou de férias até 7 de dezembro.",
        (),
    ),
    (
        "Jo Smith <jo@council.example>",
        "Recall: Case 12",
        'Jo Smith would like to recall the message, "Case 12".',
        (),
    ),
    (
        "Jo <jo@council.example>",
        "Read: We have your message",
        (
            "Your message\n"
            "   To: Jo\n"
            "   Subject: We have your message\n"
            "   Sent: 26 November 2026 10:00\n"
            "was read on 26 November 2026 10:05."
        ),
        (),
    ),
    (
        "Jo <jo@council.example>",
        "Not read: We have your message",
        (
            "Your message\n"
            "\n"
            "To: Jo\n"
            "Subject: We have your message\n"
            "\n"
            "was deleted without being read on 26 November 2026."
        ),
        (),
    ),
    (
        "jo@home.example",
        "Re: We have your message (Please verify)",
        (
            "Just this once, please click the link below so I can receive your "
            "email. You won't have to do this again.\n"
            "https://spamarrest.example/a2?x"
        ),
        (),
    ),
    (
        "Door system <alerts@facilities.example>",
        "Alert: door 3 held open",
        "This is a system generated alert. Do not reply.",
        (),
    ),
    (
        "jo@uni.example",
        "away from my mail",
        (
            'I will not be reading my mail for a while. Your mail regarding "We '
            'have your message" will be read when I return.'
        ),
        (),
    ),
    (
        "Voice <voicemail@phones.example>",
        "New voicemail from 01130000000",
        "You have a new voicemail (0:32) from 01130000000. See attached.",
        (),
    ),
    (
        "Example Trust Support <support@trust.example>",
        "[Request received] We have your message",
        (
            "##- Please type your reply above this line -##\n"
            "\n"
            "Your request (123456) has been received and is being reviewed by our "
            "support staff.\n"
            "\n"
            "To add additional comments, reply to this email."
        ),
        (),
    ),
    (
        "jo@firma.example",
        "自动回复:We have your message",
        "您好，邮件已收到，我会尽快回复您。",
        (),
    ),
    (
        "Majordomo@list.example",
        "Majordomo results: hello",
        (
            ">>>> We have your message\n"
            "**** Command 'we' not recognized.\n"
            "**** No valid commands found."
        ),
        (),
    ),
    (
        "Jo <jo@firm.example>",
        "Jo Smith/LON/FIRM is out of the office.",
        (
            "I will be out of the office starting 26/11/2026 and will not return "
            "until 07/12/2026. I will respond to your message when I return."
        ),
        (),
    ),
    (
        "Jo <jo@firm.example>",
        "I am away",
        "I am away on vacation until 7 December and will answer when I am back.",
        (),
    ),
    (
        "Jo <jo@firm.example>",
        "RE: We have your message",
        (
            "Thanks for your email. I'm on paternity leave until January. My "
            "colleague Sam is covering: sam@firm.example"
        ),
        (),
    ),
    (
        "Jo <jo@firm.example>",
        "Changed address",
        (
            "My email address has changed. Please use jo@new.example from now on. "
            "This mailbox is no longer checked."
        ),
        (),
    ),
    (
        "Jo <jo@firm.example>",
        "Re: We have your message",
        (
            "Hello,\n"
            "Thank you for your message. The office is closed for the holidays and "
            "will reopen on 4 January. We will get back to you then."
        ),
        (),
    ),
    (
        "listserv@list.example",
        'Output of your job "hello"',
        ('> We have your message\nUnknown command - "WE". Try HELP.'),
        (),
    ),
    (
        "orders@shop.example",
        "Order confirmation 1234",
        ("Thank you for your order 1234. Your items will be dispatched within 2 days."),
        (),
    ),
    (
        "Subscribe <subscribe@news.example>",
        "Please confirm your subscription",
        ("Somebody asked to subscribe this address to the list. Reply to this email to confirm."),
        (),
    ),
    (
        '"Facebook" <notification@facebookmail.example>',
        "Sara commented on your post",
        (
            "Sara commented on your post. See comment. This message was sent to "
            "you. If you don't want to receive these emails, unsubscribe."
        ),
        (),
    ),
    (
        "DWP <do.not.reply@dwp.example>",
        "We have got your form",
        ("Thank you. Do not reply to this email. It is sent from an unmonitored address."),
        (),
    ),
    (
        "cron@host.example",
        "Cron <root@host> /usr/bin/backup",
        "backup finished: 0 errors",
        (),
    ),
    (
        "System Attendant <sa@firm.example>",
        "ScanMail Message: To Sender, sensitive content found and action taken.",
        "Trend SMEX Content Filter has detected sensitive content.",
        (),
    ),
    (
        "Jo <jo@firm.example>",
        "Re: Hello [auto-reply]",
        "I am off until 7 December.",
        (),
    ),
)

PERSONAL: tuple[Mail, ...] = (
    (
        "Ann Lee <ann@home.example>",
        "Accepted: your proposal",
        "I accept your proposal to settle my complaint. When will I be paid?",
        (),
    ),
    (
        "Sam <sam@trust.nhs.example>",
        "RE: Provisional report",
        ("Apologies, I have been on annual leave. We have no comments on your provisional report."),
        (),
    ),
    (
        "Ann Lee <ann@home.example>",
        "Automatic reply",
        (
            "All I get from the GP is an automatic reply. I have written to them "
            "four times about my prescription."
        ),
        (),
    ),
    (
        "Ann Lee <ann@home.example>",
        "Complaint",
        "I wish to complain about the ambulance service. It took four hours.",
        (("Auto-Submitted", "no"),),
    ),
    (
        "Uwe <uwe@heim.example>",
        "Beschwerde",
        (
            "Ich bin nicht im Büro sondern im Krankenhaus. Ich möchte mich über "
            "die Behandlung beschweren."
        ),
        (),
    ),
    (
        "Ann Lee <ann@home.example>",
        "Delayed",
        ("My operation has been delayed for the third time. Nobody can tell me when it will be."),
        (),
    ),
    (
        "Ann Lee <ann@home.example>",
        "Delivery failure at maternity unit",
        (
            "My wife's delivery went wrong at St Mary's maternity unit and the "
            "trust has not replied to our complaint."
        ),
        (),
    ),
    (
        "Ann Lee <ann@home.example>",
        "Your decision",
        (
            "I am attaching a digest of events. 1) May: admitted. 2) June: "
            "discharged too early. 3) July: dead."
        ),
        (),
    ),
    (
        "Ann Lee <ann@home.example>",
        "Complaint about GP",
        "",
        (),
    ),
    (
        "Ann Lee <ann@home.example>",
        "Failure to deliver care",
        "The hospital failed to deliver the care my father needed. He died.",
        (),
    ),
    (
        "Ann Lee <ann@home.example>",
        "Fwd: Undeliverable: my complaint",
        (
            "Hello, I tried to send my complaint to the trust but it came back to "
            "me, see below. What should I do now?\n"
            "\n"
            "---------- Forwarded message ----------\n"
            "From: Mail Delivery System <MAILER-DAEMON@trust.example>\n"
            "Subject: Undeliverable: my complaint\n"
            "Your message could not be delivered. 550 5.1.1 user unknown"
        ),
        (),
    ),
    (
        "Ann Lee <ann@home.example>",
        "Re: We have your message",
        (
            "I am on holiday until Monday so please do not ring me before then. I "
            "do want you to look at my mother's care."
        ),
        (),
    ),
    (
        "Ann Lee <ann@charity.example>",
        "Invitation: speak at our conference",
        (
            "Dear Ombudsman, we would be delighted if you could speak at our "
            "annual conference on 3 March. Please let us know."
        ),
        (),
    ),
    (
        "Ann Lee <ann@home.example>",
        "On leave",
        (
            "I was on sick leave when the Jobcentre stopped my ESA. They say I did "
            "not answer. Please help."
        ),
        (),
    ),
    (
        "Ann Lee <ann@home.example>",
        "My complaint",
        "Please look at my complaint about the hospital.",
        (("List-Unsubscribe", "<mailto:u@home.example>"),),
    ),
    (
        "Ann Lee <ann@home.example>",
        "Mailbox full",
        (
            "Your mailbox is full, I tried to write to you yesterday and it was "
            "refused. My complaint is about the DVLA."
        ),
        (),
    ),
    (
        "postmaster <postmaster@home.example>",
        "complaint about HMRC",
        (
            "I run my own mail server, hence the address. HMRC refuses to answer "
            "me about my tax code. Please help. Ann Lee"
        ),
        (),
    ),
    (
        "Ann Lee <ann@home.example>",
        "",
        ("Pls ring me 07700 900000\n\nSent from my iPhone"),
        (),
    ),
    (
        "Ann Lee <ann@home.example>",
        "newsletter",
        (
            "Your newsletter says that you uphold half of complaints. Why was mine "
            "not upheld? P-123456"
        ),
        (),
    ),
    (
        "Ann Lee <ann@home.example>",
        "Please do not reply to my husband",
        (
            "Do not reply to this email address, my husband reads it. Please ring "
            "me on 0113 000 instead. It is about his violence and social services."
        ),
        (),
    ),
    (
        "Ann Lee <ann@home.example>",
        "Not read",
        ("It is plain that my evidence was not read by your caseworker. I ask for a review."),
        (),
    ),
    (
        "Sam <sam@trust.nhs.example>",
        "RE: Case 123",
        "I'm out of the office tomorrow but attach the records you asked for.",
        (),
    ),
    (
        "Ann Lee <ann@home.example>",
        "Out of office reply from your caseworker",
        (
            "I keep getting an out of office from my caseworker and nobody "
            "answers. It is now six weeks. Can someone please call me?"
        ),
        (),
    ),
    (
        "Ann Lee <ann@home.example>",
        "My complaint",
        ("Please look at my complaint about the hospital. They lost my scan results."),
        (("Precedence", "normal"), ("X-Priority", "1")),
    ),
    (
        "Ann Lee <ann@home.example>",
        "Read: my letter of 3 May",
        "Please read my letter of 3 May, which nobody has read so far.",
        (),
    ),
    (
        "Ann Lee <ann@home.example>",
        "Recall of medical device",
        (
            "My hip implant was subject to a recall and the trust never told me. I "
            "would like to recall the events to you."
        ),
        (),
    ),
    (
        "Ann Lee <ann@home.example>",
        "Returned to sender",
        (
            "My letter to the Department was returned to sender unopened. I "
            "enclose a copy. Please investigate."
        ),
        (),
    ),
    (
        "Ann Lee <ann@home.example>",
        "Re: We have your message",
        "Thank you.",
        (),
    ),
    (
        "Ann Lee <ann@home.example>",
        "Re: We have your message: our reference PH-EXAM-PLE0",
        ("Thank you for your email. I look forward to hearing from you.\n\nAnn"),
        (),
    ),
    (
        "Ann Lee <ann@home.example>",
        "test",
        "test",
        (),
    ),
    (
        "Ann Lee <ann@home.example>",
        "Re: Acknowledgement",
        (
            "Thank you for your email and for getting in touch. We have received "
            "your letter. We aim to send our comments within ten days, as my "
            "solicitor is away."
        ),
        (),
    ),
    (
        "Ann Lee <ann@home.example>",
        "[Ticket#12345] still no answer",
        "The DWP gave me this ticket number and nobody has replied in 3 months.",
        (),
    ),
    (
        "Ann Lee <ann@home.example>",
        "Undelivered medicine",
        (
            "The pharmacy has not delivered my insulin for a week. I could not be "
            "delivered any replacement."
        ),
        (),
    ),
    (
        "Ann Lee <ann@home.example>",
        "Undeliverable",
        (
            "My letters to the trust are undeliverable they say. Nobody tells me "
            "where to write. Can you help me please?"
        ),
        (),
    ),
    (
        "Ann Lee <ann@home.example>",
        "Unsubscribe me from your lies",
        "You said you would look at my case and you did not. I want a review.",
        (),
    ),
    (
        "Ann Lee <ann@home.example>",
        "Website enquiry",
        (
            "Name: Ann Lee\n"
            "Phone: 0113 000\n"
            "Message: The trust has not answered my complaint from May."
        ),
        (),
    ),
    (
        "Ann Lee <ann@council.example>",
        "Complaint",
        "I wish to complain about the ambulance service. It took four hours.",
        (("X-Auto-Response-Suppress", "All"),),
    ),
    (
        "Ann Lee <ann@council.example>",
        "Case PH-1",
        (
            "Please find our comments on the case attached. We disagree with the "
            "provisional view because the records show otherwise."
        ),
        (("X-Auto-Response-Suppress", "DR, OOF"),),
    ),
    (
        "Ann Lee <ann@home.example>",
        "Complaint",
        "I want to complain about my surgery, they will not see my son.",
        (("X-Mailer", "PHPMailer 6"), ("Return-Path", "<ann@home.example>")),
    ),
    (
        "Sara <sara@enron.example>",
        "FW: Returned mail: see transcript for details",
        (
            "Mark, I cannot get mail through to you. Can you call me?\n"
            "\n"
            "-----Original Message-----\n"
            "From: Mail Delivery Subsystem\n"
            "Subject: Returned mail: see transcript for details\n"
            "   ----- The following addresses had permanent fatal errors -----\n"
            "<mark@x.example>"
        ),
        (),
    ),
    (
        "Sara <sara@x.example>",
        "delivery",
        (
            "The sofa delivery was delayed and it could not be delivered until "
            "Friday. Who do I talk to?"
        ),
        (),
    ),
    (
        "Sara <sara@x.example>",
        "Fwd: Your ticket",
        (
            "Can somebody tell me what this means?\n"
            "\n"
            "> Your request (123) has been received and is being reviewed."
        ),
        (),
    ),
    (
        "Sara <sara@x.example>",
        "Re: Undeliverable: Minutes",
        "Trying again, the first one bounced. Minutes attached.",
        (),
    ),
    (
        "Sara <sara@x.example>",
        "Undeliverable mail",
        ("Do you know why your mail box sends everything back? I rang your office twice."),
        (),
    ),
    (
        "Sara <sara@x.example>",
        "Cancelled: my appointment",
        ("My appointment at the hospital was cancelled again. This is the fourth time."),
        (),
    ),
    (
        "Sara <sara@x.example>",
        "Accepted",
        "They accepted my apology. Thank you for all you did.",
        (),
    ),
    (
        "Sara <sara@x.example>",
        "Updated: list of witnesses",
        "Here is the updated list. When: 3 May. Where: ward 7. Best, Sara",
        (),
    ),
    (
        "Sara <sara@x.example>",
        "Invitation: open day",
        (
            "You are warmly invited to our open day.\n"
            "When: Saturday 3 March 2pm\n"
            "Where: the hospice\n"
            "Do come, it would mean much to us. Sara"
        ),
        (),
    ),
    (
        "Sara <sara@x.example>",
        "out of office",
        (
            "Nobody at the council answers, they are all out of the office. Is "
            "there anybody who can tell me about my housing benefit?"
        ),
        (),
    ),
    (
        "Sara <sara@x.example>",
        "automated phone line",
        (
            "The automated phone line cut me off three times. It is an automated "
            "message, you cannot talk to anybody."
        ),
        (),
    ),
    (
        "Sara <sara@enron.example>",
        "Re: vacation",
        "Have a great vacation! See you when you get back on the 7th.",
        (),
    ),
    (
        "Sara <sara@x.example>",
        "test mail please ignore",
        "This is a test from my new phone.",
        (),
    ),
    (
        "Sara <sara@x.example>",
        "Thank you",
        "Thank you for contacting me. I would be grateful for a call after 5pm.",
        (),
    ),
    (
        "Sara <sara@x.example>",
        "received",
        ("We have received your letter of 12 May and disagree with nearly everything in it."),
        (),
    ),
    (
        "Sara <sara@x.example>",
        "RE: Acknowledgement of complaint",
        "We received your e-mail and my husband and I will reply within 7 days.",
        (),
    ),
    (
        "Sara <sara@x.example>",
        "no longer works",
        ("Dr Jones no longer works at the surgery and nobody can tell me where my notes are."),
        (),
    ),
    (
        "Sara <sara@x.example>",
        "hearing",
        (
            "I have limited access to email and only reply on days when the "
            "library is open. Please write to me by post about my complaint."
        ),
        (),
    ),
    (
        "Sara <sara@x.example>",
        "working days",
        (
            "I work nights. Please ring before 2pm about the DWP decision. I "
            "cannot reply during the week."
        ),
        (),
    ),
    (
        "Sara <sara@x.example>",
        "mailbox full",
        "It says your mailbox is full. How am I meant to send my evidence?",
        (),
    ),
    (
        "Sara <sara@x.example>",
        "voicemail",
        ("You have a new voicemail from me, I left it yesterday at 4. Nobody rang back."),
        (),
    ),
    (
        "Sara <sara@x.example>",
        "Re: Verify",
        (
            "Please verify that you got my papers. I followed the link below to "
            "confirm my email but it does not work."
        ),
        (),
    ),
    (
        "Sara <sara@enron.example>",
        "Vacation",
        (
            "Just to let you know I will be on vacation next week. Can we move our "
            "meeting to the week after?"
        ),
        (),
    ),
    (
        "Sara <sara@x.example>",
        "Your request has been received",
        '"Your request has been received" is all I ever see. It is now 8 weeks.',
        (),
    ),
    (
        "Sara <sara@x.example>",
        "ticket",
        "This ticket was raised by my MP in June. No answer.",
        (),
    ),
    (
        "Sara <sara@x.example>",
        "Failed delivery",
        "Failed delivery of a duty of care: the trust failed. We lost our baby.",
        (),
    ),
    (
        "Sara <sara@x.example>",
        "not delivered",
        ("The message was not delivered to the ward, so nobody knew about the allergy."),
        (),
    ),
    (
        "Sara <sara@x.example>",
        "the account is closed",
        ("The account 1234 at the Jobcentre is closed they say, so I get no money."),
        (),
    ),
    (
        "Sara <sara@x.example>",
        "Auto: insurance claim",
        "The insurer refuses my car claim and the FOS sent me to you.",
        (),
    ),
    (
        "Sara <sara@x.example>",
        "Read: please",
        "please read this. he is hurting me",
        (),
    ),
    (
        "Sara <sara@x.example>",
        "unsubscribe",
        "unsubscribe",
        (),
    ),
    (
        "Sara <sara@x.example>",
        "Leave",
        ("On leave from hospital since Monday. They will not let me see my notes."),
        (),
    ),
    (
        '"Out of Office Ltd" <sara@ooo.example>',
        "Out of Office furniture",
        "We sell furniture. Would you like a catalogue? Sara",
        (),
    ),
    (
        "Sara <sara@enron.example>",
        "RE: lunch",
        "Sounds good. 12:30?",
        (),
    ),
    (
        "Sara <sara@x.example>",
        "Sara is on leave",
        ("Sara is on leave, I write for her. She would like an answer to her letter of May. Tom"),
        (),
    ),
    (
        "Sara <sara@x.example>",
        "Vacation notice to tenant",
        (
            "The landlord gave us a vacation notice. We have to leave by May. Can "
            "the Ombudsman help?"
        ),
        (),
    ),
    (
        "Pat <pat@x.example>",
        "absence",
        "Absence of any reply for 8 weeks. That is my complaint.",
        (),
    ),
    (
        "Pat <pat@x.example>",
        "Absent",
        "My caseworker is absent and nobody covers. P-123456.",
        (),
    ),
    (
        "Pat <pat@x.example>",
        "Automatic response",
        "An automatic response is no answer. Please have a person write to me.",
        (),
    ),
    (
        "Pat <pat@x.example>",
        "Delivery report",
        ("Attached is the delivery report of the maternity unit from the night my son was born."),
        (),
    ),
    (
        "Pat <pat@x.example>",
        "Failure notice",
        "The council sent a failure notice for my house. I do not agree.",
        (),
    ),
    (
        "Pat <pat@x.example>",
        "Message could not be delivered",
        (
            "my message to your online form could not be delivered so i send it "
            "here. my gp struck me off."
        ),
        (),
    ),
    (
        "Pat <pat@x.example>",
        "",
        "please help me",
        (),
    ),
    (
        "Pat <pat@x.example>",
        "Re:",
        "ok",
        (),
    ),
    (
        "Sara <sara@enron.example>",
        "FW: Out of Office AutoReply: draft",
        "Looks like she is away, who else could sign?",
        (),
    ),
    (
        "Pat <pat@x.example>",
        "Fwd: Newsletter",
        (
            "See what they write about us in their newsletter! Can they do that?\n"
            "---------- Forwarded message ---------\n"
            "From: News <news@x.example>\n"
            "View in browser. Unsubscribe here."
        ),
        (),
    ),
    (
        "Sara <sara@hotmail.example>",
        "hi",
        (
            "how are you, long time no see!!!\n"
            "\n"
            "_________________________________________________________________\n"
            "MSN 8 with e-mail virus protection service: 2 months FREE* "
            "http://join.msn.example/?page=features/virus\n"
            "To unsubscribe click here"
        ),
        (),
    ),
    (
        "Sara <info@smallfirm.example>",
        "Your invoice query",
        (
            "Hello Jo, the invoice is right, we billed for two days. Let me know "
            "if you want it split. Sara"
        ),
        (),
    ),
    (
        "Sara <sara@law.example>",
        "Draft agreement",
        (
            "Attached please find the draft.\n"
            "\n"
            "This email was automatically scanned for viruses. Please do not reply "
            "if you received it in error. This message and any attachment are "
            "confidential. If you have received this message in error please "
            "notify the sender and delete it."
        ),
        (),
    ),
)
