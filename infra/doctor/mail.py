"""The road that letters take: a mail server, or the folder where they are laid down."""

import os
import smtplib
import ssl

from adapters.mail.smtp import SmtpMailer
from infra.doctor.findings import Finding, State, judged, well
from infra.secrets import SecretMissing
from infra.serving.wiring import post
from infra.settings import Settings

NOT_REACHED = "look at KOMMOBIL_SMTP_URL, the server's log and the way out of this network"
NOT_TRUSTED = "give the server a certificate for that name which this machine trusts"
NOT_LET_IN = "look at the user in KOMMOBIL_SMTP_URL and at KOMMOBIL_SMTP_PASSWORD_FILE"


async def mail_finding(settings: Settings) -> Finding:
    """The server is greeted as for a letter, and none is sent."""
    try:
        mailer = post(settings).mailer
    except SecretMissing as missing:
        return Finding("mail", State.FAILED, str(missing), "put the password there, or name another file")
    if not isinstance(mailer, SmtpMailer):
        return _folder(settings)
    try:
        await mailer.greet()
    except smtplib.SMTPAuthenticationError:
        return Finding("mail", State.FAILED, f"{mailer.name} does not know us", NOT_LET_IN)
    except ssl.SSLCertVerificationError as problem:
        return Finding("mail", State.FAILED, f"{mailer.name}: {problem.verify_message}", NOT_TRUSTED)
    except smtplib.SMTPNotSupportedError as problem:
        remedy = "let it offer what is missing, or name it as smtps:// or smtp+plain://"
        return Finding("mail", State.FAILED, f"{mailer.name}: {problem}", remedy)
    except (smtplib.SMTPException, OSError) as problem:
        return Finding("mail", State.FAILED, f"{mailer.name} cannot be reached: {_why(problem)}", NOT_REACHED)
    return well("mail", f"{mailer.name} takes letters")


def _why(problem: Exception) -> str:
    return problem.strerror or str(problem) if isinstance(problem, OSError) else str(problem)


def _folder(settings: Settings) -> Finding:
    folder = settings.mail if settings.mail.exists() else settings.data
    writable = not folder.exists() or os.access(folder, os.W_OK | os.X_OK)
    says = (
        f"letters are laid down in {settings.mail}" if writable else f"letters cannot be laid down in {settings.mail}"
    )
    return judged("mail", not writable, says, "let the account that runs kommobil write there")
